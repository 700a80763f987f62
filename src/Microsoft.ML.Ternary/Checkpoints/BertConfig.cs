// The shape of a BERT encoder, in the words of Hugging Face's config.json.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>The feed-forward activation.</summary>
public enum Activation
{
    /// <summary>x Φ(x), with the exact error function ("gelu").</summary>
    Gelu,

    /// <summary>0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))) ("gelu_new", "gelu_pytorch_tanh").</summary>
    GeluTanh,

    /// <summary>max(0, x) ("relu").</summary>
    Relu,
}

/// <summary>The shape of a BERT encoder.</summary>
public sealed record BertConfig
{
    /// <summary>Number of token embeddings.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of transformer layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Number of attention heads; divides <see cref="HiddenSize"/>.</summary>
    public required int AttentionHeads { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of learned absolute positions, the most tokens a sequence may have.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Number of token types; sentences embed as type 0.</summary>
    public int TokenTypes { get; init; } = 2;

    /// <summary>The feed-forward activation.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Added to the variance in every layer norm.</summary>
    public float LayerNormEpsilon { get; init; } = 1e-12f;

    /// <summary>Width of one attention head.</summary>
    public int HeadSize => HiddenSize / AttentionHeads;
}

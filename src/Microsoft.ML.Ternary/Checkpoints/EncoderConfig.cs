// The shape of a transformer encoder, whatever it reads; what it reads is added by BertConfig and VisionConfig.
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

    /// <summary>x / (1 + e^(-1.702 x)) ("quick_gelu"), in CLIP.</summary>
    QuickGelu,
}

/// <summary>The shape of a transformer encoder.</summary>
public abstract record EncoderConfig
{
    private protected EncoderConfig()
    {
    }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of transformer layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Number of attention heads; divides <see cref="HiddenSize"/>.</summary>
    public required int AttentionHeads { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>The feed-forward activation.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Added to the variance in every layer norm.</summary>
    public float LayerNormEpsilon { get; init; } = 1e-12f;

    /// <summary>Where the layer norms stand: false, after each residual sum (BERT); true, before attention and before the
    /// feed-forward, the residual stream itself never normalised, with one more norm after the last layer (ViT).</summary>
    public abstract bool NormFirst { get; }

    /// <summary>Width of one attention head.</summary>
    public int HeadSize => HiddenSize / AttentionHeads;
}

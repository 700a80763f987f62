// The shape of a BERT encoder, in the words of Hugging Face's config.json.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>The shape of a BERT encoder.</summary>
public sealed record BertConfig : EncoderConfig
{
    /// <summary>Number of token embeddings.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Number of learned absolute positions, the most tokens a sequence may have.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Number of token types; sentences embed as type 0.</summary>
    public int TokenTypes { get; init; } = 2;

    /// <inheritdoc/>
    public override bool NormFirst => false;
}

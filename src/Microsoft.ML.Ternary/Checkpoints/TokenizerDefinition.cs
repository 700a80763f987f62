// What a WordPiece tokenizer is made of, as data, so that it can be stored inside a model file.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A BERT WordPiece tokenizer as data.</summary>
public sealed record TokenizerDefinition
{
    /// <summary>The tokens; a token's position is its id.</summary>
    public required IReadOnlyList<string> Vocabulary { get; init; }

    /// <summary>Whether text is lower-cased.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Whether accents are removed; where the checkpoint does not say, as <see cref="LowerCase"/>.</summary>
    public bool StripAccents { get; init; } = true;

    /// <summary>Whether CJK characters become words of their own.</summary>
    public bool SplitChineseCharacters { get; init; } = true;

    /// <summary>Most tokens of a sequence, [CLS] and [SEP] included; longer text is cut.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Stands for what the vocabulary lacks.</summary>
    public string UnknownToken { get; init; } = "[UNK]";

    /// <summary>Begins every sequence.</summary>
    public string ClassificationToken { get; init; } = "[CLS]";

    /// <summary>Ends every sequence.</summary>
    public string SeparatorToken { get; init; } = "[SEP]";

    /// <summary>Fills short sequences where padding is used.</summary>
    public string PaddingToken { get; init; } = "[PAD]";

    /// <summary>Stands for a hidden token in training.</summary>
    public string MaskToken { get; init; } = "[MASK]";
}

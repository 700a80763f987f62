// From text to token ids, exactly as the model's own tokenizer does it: an id that differs is a different model.
using System.Text;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>A BERT WordPiece tokenizer with the ids of the Hugging Face tokenizer that the model was trained with.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class TextTokenizer
{
    private readonly BertTextNormalizer _normalizer;
    private readonly BertTokenizer _wordPiece;

    private TextTokenizer(TokenizerDefinition definition, BertTextNormalizer normalizer, BertTokenizer wordPiece)
    {
        Definition = definition;
        _normalizer = normalizer;
        _wordPiece = wordPiece;
    }

    /// <summary>What the tokenizer was made from.</summary>
    public TokenizerDefinition Definition { get; }

    /// <summary>Creates a tokenizer.</summary>
    /// <exception cref="ArgumentException">The vocabulary lacks the unknown, classification or separator token.</exception>
    public static TextTokenizer Create(TokenizerDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        HashSet<string> known = [.. definition.Vocabulary];
        foreach (string token in new[] { definition.UnknownToken, definition.ClassificationToken, definition.SeparatorToken })
            if (!known.Contains(token))
                throw new ArgumentException($"The vocabulary lacks the special token {token}.", nameof(definition));
        string[] special = [definition.UnknownToken, definition.ClassificationToken, definition.SeparatorToken, definition.PaddingToken, definition.MaskToken];
        BertTextNormalizer normalizer = new(definition, special.Where(known.Contains).Distinct());
        BertOptions options = new()
        {
            Normalizer = normalizer,
            PreTokenizer = new SpacePreTokenizer(),
            ApplyBasicTokenization = false,
            LowerCaseBeforeTokenization = false,
            SplitOnSpecialTokens = false,
            // The library counts UTF-16 units; the normaliser has counted code points already.
            MaxInputCharsPerWord = 2 * BertTextNormalizer.MaxWordLength,
            UnknownToken = definition.UnknownToken,
            ClassificationToken = definition.ClassificationToken,
            SeparatorToken = definition.SeparatorToken,
            // The library insists on these two, although encoding never uses them.
            PaddingToken = known.Contains(definition.PaddingToken) ? definition.PaddingToken : definition.UnknownToken,
            MaskingToken = known.Contains(definition.MaskToken) ? definition.MaskToken : definition.UnknownToken,
        };
        using MemoryStream vocabulary = WriteVocabulary(definition.Vocabulary);
        return new TextTokenizer(definition, normalizer, BertTokenizer.Create(vocabulary, options));
    }

    /// <summary>The ids of a text, [CLS] first and [SEP] last.</summary>
    /// <param name="text">The text; null is the empty text.</param>
    /// <param name="maxLength">Most ids to return, at least 2; 0 is the definition's <see cref="TokenizerDefinition.MaxLength"/>. Longer text is cut.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> is negative or 1.</exception>
    public int[] Encode(string? text, int maxLength = 0)
    {
        if (maxLength == 0)
            maxLength = Definition.MaxLength;
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 2);
        int room = maxLength - 2;
        string words = string.IsNullOrEmpty(text) ? "" : _normalizer.Normalize(text, room);
        // The library's own limit drops a word that does not fit as a whole; the reference cuts inside it.
        IReadOnlyList<int> ids = words.Length == 0
            ? []
            : _wordPiece.EncodeToIds(words, addSpecialTokens: false, considerPreTokenization: true, considerNormalization: false);
        int count = Math.Min(ids.Count, room);
        int[] result = new int[count + 2];
        result[0] = _wordPiece.ClassificationTokenId;
        for (int i = 0; i < count; i++)
            result[i + 1] = ids[i];
        result[^1] = _wordPiece.SeparatorTokenId;
        return result;
    }

    /// <summary>Writes the vocabulary as the lines that the library reads, one a token.</summary>
    private static MemoryStream WriteVocabulary(IReadOnlyList<string> tokens)
    {
        Dictionary<string, int> last = [];
        for (int i = 0; i < tokens.Count; i++)
            last[tokens[i]] = i;
        MemoryStream stream = new();
        using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
        for (int i = 0; i < tokens.Count; i++)
        {
            // The library refuses duplicates, of which the last counts, and counts lines; no word can hold a line break.
            bool usable = last[tokens[i]] == i && !tokens[i].AsSpan().ContainsAny('\r', '\n');
            writer.Write(usable ? tokens[i] : "");
            writer.Write('\n');
        }
        writer.Flush();
        stream.Position = 0;
        return stream;
    }
}

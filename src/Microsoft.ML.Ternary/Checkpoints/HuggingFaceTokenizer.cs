// The tokenizer files of a Hugging Face folder. tokenizer_config.json decides about casing and accents, as it does in
// transformers; tokenizer.json gives the vocabulary where there is no vocab.txt, and what the configuration leaves open.
// Its truncation and padding are ignored: they record how somebody once called the tokenizer.
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Reads the tokenizer of a folder.</summary>
internal sealed class HuggingFaceTokenizer
{
    private readonly JsonFile? _config;
    private readonly JsonFile? _special;
    private readonly JsonFile? _fast;
    private readonly string _folder;

    private HuggingFaceTokenizer(string folder)
    {
        _folder = folder;
        _config = JsonFile.ReadIfThere(Path.Combine(folder, "tokenizer_config.json"));
        _special = JsonFile.ReadIfThere(Path.Combine(folder, "special_tokens_map.json"));
        _fast = JsonFile.ReadIfThere(Path.Combine(folder, "tokenizer.json"));
    }

    /// <summary>Reads the tokenizer of a folder for a model of a configuration.</summary>
    /// <exception cref="CheckpointException">A file is absent or damaged, or the vocabulary disagrees with the model.</exception>
    public static TokenizerDefinition Read(string folder, BertConfig config)
    {
        HuggingFaceTokenizer reader = new(folder);
        (string path, IReadOnlyList<string> vocabulary) = reader.ReadVocabulary();
        if (vocabulary.Count > config.VocabularySize)
            throw new CheckpointException(path, "vocabulary", $"has {vocabulary.Count} tokens, but the model's embedding table (vocab_size in config.json) only {config.VocabularySize} rows.");
        JsonFile? sentence = JsonFile.ReadIfThere(Path.Combine(folder, "sentence_bert_config.json"));
        bool lowerCase = reader.Flag("do_lower_case", "lowercase") ?? true;
        TokenizerDefinition definition = new()
        {
            Vocabulary = vocabulary,
            // sentence-transformers' own flag lower-cases as well; false there says nothing about the tokenizer.
            LowerCase = lowerCase || sentence?.Boolean("do_lower_case") == true,
            StripAccents = reader.Flag("strip_accents", "strip_accents") ?? lowerCase,
            SplitChineseCharacters = reader.Flag("tokenize_chinese_chars", "handle_chinese_chars") ?? true,
            MaxLength = reader.ReadMaxLength(sentence, config),
            UnknownToken = reader.SpecialToken("unk_token", "[UNK]"),
            ClassificationToken = reader.SpecialToken("cls_token", "[CLS]"),
            SeparatorToken = reader.SpecialToken("sep_token", "[SEP]"),
            PaddingToken = reader.SpecialToken("pad_token", "[PAD]"),
            MaskToken = reader.SpecialToken("mask_token", "[MASK]"),
        };
        HashSet<string> known = [.. vocabulary];
        foreach (string token in new[] { definition.UnknownToken, definition.ClassificationToken, definition.SeparatorToken })
            if (!known.Contains(token))
                throw new CheckpointException(path, token, "the vocabulary lacks this special token.");
        return definition;
    }

    private (string Path, IReadOnlyList<string> Vocabulary) ReadVocabulary()
    {
        string path = Path.Combine(_folder, "vocab.txt");
        byte[]? bytes = Files.ReadIfThere(path);
        if (bytes is not null)
            return (path, SplitLines(path, Files.WithoutByteOrderMark(bytes).Span));
        if (_fast is not null)
            return (_fast.Path, ReadFastVocabulary(_fast));
        throw new CheckpointException(path, null, "there is no such file, and no tokenizer.json in its place.");
    }

    private static List<string> SplitLines(string path, ReadOnlySpan<byte> bytes)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException(path, null, "is not valid UTF-8.", e);
        }
        List<string> lines = [.. text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n')];
        if (lines[^1].Length == 0)
            lines.RemoveAt(lines.Count - 1);
        if (lines.Count == 0)
            throw new CheckpointException(path, null, "is empty.");
        return lines;
    }

    private static string[] ReadFastVocabulary(JsonFile fast)
    {
        if (fast.Find("model") is not { ValueKind: JsonValueKind.Object } model
            || !model.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String || type.GetString() != "WordPiece"
            || !model.TryGetProperty("vocab", out JsonElement vocabulary) || vocabulary.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(fast.Path, "model", "is not a WordPiece model with a vocabulary.");
        string?[] tokens = new string?[vocabulary.EnumerateObject().Count()];
        foreach (JsonProperty entry in vocabulary.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id) || id < 0 || id >= tokens.Length || tokens[id] is not null)
                throw new CheckpointException(fast.Path, $"model.vocab.{entry.Name}", $"has the id {entry.Value.GetRawText()}; the ids must be 0 to {tokens.Length - 1}, each once.");
            tokens[id] = entry.Name;
        }
        return tokens!;
    }

    /// <summary>A flag of tokenizer_config.json, else what the normaliser of tokenizer.json says, else null.</summary>
    private bool? Flag(string name, string fastName)
    {
        if (_config?.Boolean(name) is bool value)
            return value;
        // A null in tokenizer_config.json is a decision too: "as the casing".
        if (_config is not null && _config.Root.TryGetProperty(name, out _))
            return null;
        if (_fast?.Find("normalizer") is { ValueKind: JsonValueKind.Object } normalizer && normalizer.TryGetProperty(fastName, out JsonElement flag))
            return flag.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };
        return null;
    }

    private string SpecialToken(string name, string absent) => SpecialToken(_special, name) ?? SpecialToken(_config, name) ?? absent;

    private static string? SpecialToken(JsonFile? file, string name)
    {
        JsonElement? value = file?.Find(name);
        if (value is { ValueKind: JsonValueKind.Object } wrapped && wrapped.TryGetProperty("content", out JsonElement content))
            value = content;
        return value switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            _ => throw new CheckpointException(file!.Path, name, "is not a string."),
        };
    }

    private int ReadMaxLength(JsonFile? sentence, BertConfig config)
    {
        // transformers writes 1e30 where no limit is known.
        double limit = sentence?.Number("max_seq_length") ?? _config?.Number("model_max_length") ?? config.MaxPositions;
        if (limit < 2)
            throw new CheckpointException(sentence?.Find("max_seq_length") is null ? _config!.Path : sentence.Path,
                sentence?.Find("max_seq_length") is null ? "model_max_length" : "max_seq_length",
                $"is {limit}; it must leave room for at least [CLS] and [SEP].");
        return (int)Math.Min(limit, config.MaxPositions);
    }
}

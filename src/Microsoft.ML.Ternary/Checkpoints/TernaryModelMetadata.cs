// What a model file says about itself, as JSON texts in the safetensors header: the configuration in Hugging Face's words, the
// tokenizer, what follows the encoder, and where the model comes from.
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Ternary.Checkpoints;

internal static class TernaryModelMetadata
{
    public const string FormatKey = "format";
    public const string FormatName = "ternary-embedding-model";
    public const string VersionKey = "version";

    /// <summary>The newest version; a reader refuses newer ones and keeps reading older ones. A file is of the version that brought what
    /// it holds, so that older readers read what they can: 1, text; 2, images.</summary>
    public const int Version = 2;

    private const int TextVersion = 1;

    private const string ConfigKey = "config";
    private const string TokenizerKey = "tokenizer";
    private const string ImagesKey = "images";
    private const string ModulesKey = "modules";
    private const string ProvenanceKey = "provenance";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (PoolingModes Mode, string Name)[] PoolingNames =
        [(PoolingModes.Cls, "cls"), (PoolingModes.Max, "max"), (PoolingModes.Mean, "mean"), (PoolingModes.MeanSqrtLength, "mean_sqrt_len")];

    /// <summary>Everything but the checksum.</summary>
    public static Dictionary<string, string> Write(EncoderModel model)
    {
        (int version, JsonObject config, string inputKey, JsonObject input) = model switch
        {
            EmbeddingModel text => (TextVersion, WriteConfig(text.Config), TokenizerKey, WriteTokenizer(text.Tokenizer)),
            ImageEmbeddingModel image => (Version, VisionModelMetadata.WriteConfig(image.Config), ImagesKey, VisionModelMetadata.WriteProcessor(image.Processor)),
            _ => throw new NotSupportedException($"Models of type {model.GetType().Name} are not known here."),
        };
        return new()
        {
            [FormatKey] = FormatName,
            [VersionKey] = version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            [ConfigKey] = config.ToJsonString(Plain),
            [inputKey] = input.ToJsonString(Plain),
            [ModulesKey] = WriteModules(model).ToJsonString(Plain),
            [ProvenanceKey] = new JsonObject(model.Provenance.OrderBy(e => e.Key, StringComparer.Ordinal)
                .Select(e => KeyValuePair.Create(e.Key, (JsonNode?)JsonValue.Create(e.Value)))).ToJsonString(Plain),
        };
    }

    private static JsonObject WriteConfig(BertConfig config) => new()
    {
        ["model_type"] = "bert",
        ["vocab_size"] = config.VocabularySize,
        ["hidden_size"] = config.HiddenSize,
        ["num_hidden_layers"] = config.LayerCount,
        ["num_attention_heads"] = config.AttentionHeads,
        ["intermediate_size"] = config.IntermediateSize,
        ["max_position_embeddings"] = config.MaxPositions,
        ["type_vocab_size"] = config.TokenTypes,
        ["hidden_act"] = ActivationName(config.Activation),
        ["layer_norm_eps"] = config.LayerNormEpsilon,
    };

    /// <summary>Hugging Face's name of an activation.</summary>
    public static string ActivationName(Activation activation) => activation switch
    {
        Activation.Gelu => "gelu",
        Activation.GeluTanh => "gelu_new",
        Activation.QuickGelu => "quick_gelu",
        _ => "relu",
    };

    private static JsonObject WriteTokenizer(TokenizerDefinition tokenizer) => new()
    {
        ["type"] = "wordpiece",
        ["tokens"] = tokenizer.Vocabulary.Count,
        ["do_lower_case"] = tokenizer.LowerCase,
        ["strip_accents"] = tokenizer.StripAccents,
        ["tokenize_chinese_chars"] = tokenizer.SplitChineseCharacters,
        ["max_length"] = tokenizer.MaxLength,
        ["unk_token"] = tokenizer.UnknownToken,
        ["cls_token"] = tokenizer.ClassificationToken,
        ["sep_token"] = tokenizer.SeparatorToken,
        ["pad_token"] = tokenizer.PaddingToken,
        ["mask_token"] = tokenizer.MaskToken,
    };

    private static JsonObject WriteModules(EncoderModel model) => new()
    {
        ["pooling"] = new JsonArray([.. PoolingNames.Where(p => model.Pooling.HasFlag(p.Mode)).Select(p => JsonValue.Create(p.Name))]),
        ["dense"] = new JsonArray([.. model.DenseModules.Select(d => new JsonObject
        {
            ["in_features"] = d.Linear.InputSize,
            ["out_features"] = d.OutputSize,
            ["activation"] = d.Activation.ToString(),
        })]),
        ["normalize"] = model.Normalize,
    };

    public static BertConfig ReadConfig(SafetensorsFile file) => HuggingFaceConfig.Read(Parse(file, ConfigKey));

    /// <summary>Whether the file holds an image model.</summary>
    public static bool HoldsImages(SafetensorsFile file) => file.Metadata.ContainsKey(ImagesKey);

    public static VisionConfig ReadVisionConfig(SafetensorsFile file) => VisionModelMetadata.ReadConfig(Parse(file, ConfigKey));

    public static ImageProcessorConfig ReadProcessor(SafetensorsFile file) => HuggingFaceImageProcessor.Read(Parse(file, ImagesKey));

    public static TokenizerDefinition ReadTokenizer(SafetensorsFile file)
    {
        JsonFile json = Parse(file, TokenizerKey);
        if (json.String("type") != "wordpiece")
            throw json.Wrong("type", "is not \"wordpiece\", the only one supported.");
        string[] vocabulary = ReadVocabulary(file.GetBytes(TernaryModelTensors.Vocabulary).Span);
        GC.KeepAlive(file);
        if (vocabulary.Length != json.Int32("tokens"))
            throw json.Wrong("tokens", $"does not agree with the {vocabulary.Length} tokens in {TernaryModelTensors.Vocabulary}.");
        return new TokenizerDefinition
        {
            Vocabulary = vocabulary,
            LowerCase = Flag(json, "do_lower_case"),
            StripAccents = Flag(json, "strip_accents"),
            SplitChineseCharacters = Flag(json, "tokenize_chinese_chars"),
            MaxLength = json.Int32("max_length", minimum: 2),
            UnknownToken = Text(json, "unk_token"),
            ClassificationToken = Text(json, "cls_token"),
            SeparatorToken = Text(json, "sep_token"),
            PaddingToken = Text(json, "pad_token"),
            MaskToken = Text(json, "mask_token"),
        };
    }

    /// <summary>What follows the encoder; <paramref name="readLinear"/> reads the weights of a dense module.</summary>
    public static (PoolingModes Pooling, DenseModule[] Dense, bool Normalize) ReadModules(
        SafetensorsFile file, Func<string, int, int, DenseLinearWeights> readLinear)
    {
        JsonFile json = Parse(file, ModulesKey);
        PoolingModes pooling = 0;
        foreach (JsonElement name in List(json, "pooling"))
        {
            PoolingModes mode = Array.Find(PoolingNames, p => name.ValueEquals(p.Name)).Mode;
            pooling |= mode != 0 ? mode : throw json.Wrong("pooling", $"has the unknown mode {name.GetRawText()}.");
        }
        List<DenseModule> dense = [];
        foreach (JsonElement module in List(json, "dense"))
        {
            JsonFile fields = JsonFile.Parse(file.Name, $"{ModulesKey}.dense.{dense.Count}", Encoding.UTF8.GetBytes(module.GetRawText()));
            if (!Enum.TryParse(fields.String("activation"), out DenseActivation activation) || !Enum.IsDefined(activation))
                throw fields.Wrong("activation", "is not a known activation.");
            dense.Add(new DenseModule(
                readLinear(TernaryModelTensors.DensePrefix(dense.Count), fields.Int32("out_features"), fields.Int32("in_features")), activation));
        }
        return (pooling, [.. dense], Flag(json, "normalize"));
    }

    public static Dictionary<string, string> ReadProvenance(SafetensorsFile file)
    {
        JsonFile json = Parse(file, ProvenanceKey);
        return json.Root.EnumerateObject().ToDictionary(p => p.Name, p => json.String(p.Name) ?? "");
    }

    /// <summary>One token a line, in UTF-8.</summary>
    public static byte[] WriteVocabulary(IReadOnlyList<string> tokens)
    {
        StringBuilder lines = new();
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0)
                lines.Append('\n');
            // A token with a line break in it can never occur in a text; its place is kept, for the ids after it.
            if (!tokens[i].Contains('\n', StringComparison.Ordinal))
                lines.Append(tokens[i]);
        }
        return Encoding.UTF8.GetBytes(lines.ToString());
    }

    private static string[] ReadVocabulary(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes).Split('\n');

    private static JsonFile Parse(SafetensorsFile file, string key)
    {
        if (!file.Metadata.TryGetValue(key, out string? text))
            throw new CheckpointException(file.Name, key, "is missing from the file's metadata.");
        JsonFile json = JsonFile.Parse(file.Name, key, Encoding.UTF8.GetBytes(text));
        return json.Root.ValueKind == JsonValueKind.Object ? json : throw json.Wrong(null, "is not a JSON object.");
    }

    private static JsonElement[] List(JsonFile json, string field) =>
        json.Find(field) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : throw json.Wrong(field, "is not a list.");

    private static bool Flag(JsonFile json, string field) => json.Boolean(field) ?? throw json.Wrong(field, "is missing.");

    private static string Text(JsonFile json, string field) => json.String(field) ?? throw json.Wrong(field, "is missing.");
}

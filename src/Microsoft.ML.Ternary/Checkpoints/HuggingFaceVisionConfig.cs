// config.json of vision transformers. What a checkpoint leaves out is what transformers takes then, which differs by family.
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>What families of vision transformers differ in.</summary>
/// <param name="Name">The model_type.</param>
/// <param name="PatchSize">The patch where the file does not say.</param>
/// <param name="Epsilon">That of layer norms, likewise.</param>
/// <param name="Activation">The hidden_act, likewise.</param>
/// <param name="PrefixTokens">Tokens before the patches.</param>
/// <param name="Processor">The family of image processors that comes with it.</param>
internal sealed record VisionFamily(string Name, int PatchSize, double Epsilon, string Activation, int PrefixTokens, string Processor)
{
    public bool IsClip => Name == HuggingFaceVisionConfig.Clip;
}

internal static class HuggingFaceVisionConfig
{
    public const string Clip = "clip_vision_model";

    // A whole CLIP, of which the image side is read.
    private const string WholeClip = "clip";

    private static readonly VisionFamily[] Families =
    [
        new("vit", 16, 1e-12, "gelu", PrefixTokens: 1, "ViT"),
        new("deit", 16, 1e-12, "gelu", PrefixTokens: 2, "DeiT"),
        new("dinov2", 14, 1e-6, "gelu", PrefixTokens: 1, "Bit"),
        new(Clip, 32, 1e-5, "quick_gelu", PrefixTokens: 1, "CLIP"),
    ];

    /// <summary>Whether a model_type is one of those that <see cref="Read(string)"/> reads.</summary>
    public static bool IsSupported(string? modelType) => modelType == WholeClip || Array.Exists(Families, family => family.Name == modelType);

    /// <summary>Reads the shape of a vision transformer, and whether its query, key and value projections have biases.</summary>
    /// <exception cref="CheckpointException">The file is absent or damaged, or the architecture is not supported.</exception>
    public static (VisionConfig Config, VisionFamily Family, bool HasProjectionBias) Read(string path)
    {
        JsonFile json = JsonFile.Read(path);
        string? type = json.String("model_type");
        if (type == WholeClip)
            (json, type) = (json.Object("vision_config"), Clip);
        VisionFamily family = Array.Find(Families, family => family.Name == type)
            ?? throw json.Wrong("model_type", $"is \"{type}\"; of image models \"vit\", \"deit\", \"dinov2\", \"clip_vision_model\" and \"clip\" are supported.");
        if (json.Boolean("use_swiglu_ffn") == true)
            throw json.Wrong("use_swiglu_ffn", "is true; only the feed-forward of two layers is supported, which the small, base and large models have.");
        return (Read(json, family), family, json.Boolean("qkv_bias") ?? true);
    }

    /// <summary>Reads the shape of a vision transformer of a known family.</summary>
    /// <exception cref="CheckpointException">A field is wrong.</exception>
    public static VisionConfig Read(JsonFile json, VisionFamily family)
    {
        int hidden = json.Int32("hidden_size", absent: 768);
        VisionConfig config = new()
        {
            HiddenSize = hidden,
            LayerCount = json.Int32("num_hidden_layers", absent: 12),
            AttentionHeads = json.Int32("num_attention_heads", absent: 12),
            IntermediateSize = ReadIntermediateSize(json, hidden),
            ImageSize = ReadSide(json, "image_size", absent: 224),
            PatchSize = ReadSide(json, "patch_size", family.PatchSize),
            Channels = json.Int32("num_channels", absent: 3),
            PrefixTokens = family.PrefixTokens,
            Activation = ReadActivation(json, family),
            LayerNormEpsilon = HuggingFaceConfig.ReadEpsilon(json, family.Epsilon),
        };
        HuggingFaceConfig.RequireHeads(json, config);
        if (config.Channels != 3)
            throw json.Wrong("num_channels", $"is {config.Channels}; images of 3 channels, red, green and blue, are supported.");
        if (config.PatchSize > config.ImageSize)
            throw json.Wrong("patch_size", $"is {config.PatchSize}, more than the image_size {config.ImageSize}.");
        return config;
    }

    // DINOv2 says how many times the hidden size.
    private static int ReadIntermediateSize(JsonFile json, int hidden)
    {
        if (json.Number("mlp_ratio") is not double ratio)
            return json.Int32("intermediate_size", absent: 3072);
        double size = hidden * ratio;
        return size is >= 1 and < int.MaxValue ? (int)size : throw json.Wrong("mlp_ratio", $"is {ratio}; a positive number was expected.");
    }

    private static int ReadSide(JsonFile json, string field, int absent)
    {
        if (json.Find(field) is not { ValueKind: JsonValueKind.Array } sides)
            return json.Int32(field, absent);
        bool isSquare = sides.GetArrayLength() == 2 && sides[0].GetRawText() == sides[1].GetRawText() && sides[0].TryGetInt32(out int side) && side > 0;
        return isSquare ? sides[0].GetInt32() : throw json.Wrong(field, $"is {sides.GetRawText()}; only squares are supported.");
    }

    private static Activation ReadActivation(JsonFile json, VisionFamily family) => (json.String("hidden_act") ?? family.Activation) switch
    {
        "quick_gelu" => Activation.QuickGelu,
        string name => HuggingFaceConfig.ReadActivation(json, name),
    };
}

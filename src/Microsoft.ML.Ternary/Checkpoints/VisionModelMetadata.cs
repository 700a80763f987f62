// What a model file says about an image model, in Hugging Face's words. Families differ in what this says, so one name stands for
// all of them.
using System.Text.Json.Nodes;

namespace Microsoft.ML.Ternary.Checkpoints;

internal static class VisionModelMetadata
{
    private const string ModelType = "vision_transformer";

    public static JsonObject WriteConfig(VisionConfig config) => new()
    {
        ["model_type"] = ModelType,
        ["hidden_size"] = config.HiddenSize,
        ["num_hidden_layers"] = config.LayerCount,
        ["num_attention_heads"] = config.AttentionHeads,
        ["intermediate_size"] = config.IntermediateSize,
        ["image_size"] = config.ImageSize,
        ["patch_size"] = config.PatchSize,
        ["num_channels"] = config.Channels,
        ["prefix_tokens"] = config.PrefixTokens,
        ["hidden_act"] = TernaryModelMetadata.ActivationName(config.Activation),
        ["layer_norm_eps"] = config.LayerNormEpsilon,
    };

    /// <exception cref="CheckpointException">A field is absent or wrong.</exception>
    public static VisionConfig ReadConfig(JsonFile json)
    {
        if (json.String("model_type") != ModelType)
            throw json.Wrong("model_type", $"is not \"{ModelType}\".");
        foreach (string field in new[] { "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "image_size", "patch_size" })
            json.Int32(field);
        return HuggingFaceVisionConfig.Read(json, new VisionFamily(ModelType, PatchSize: 16, Epsilon: 1e-12, "gelu", json.Int32("prefix_tokens"), "ViT"));
    }

    // All is said, so it does not matter whose defaults would be taken.
    public static JsonObject WriteProcessor(ImageProcessorConfig processor)
    {
        JsonObject json = new()
        {
            ["image_processor_type"] = "ViTImageProcessor",
            ["do_resize"] = processor.Resize,
            ["resample"] = (int)processor.Filter,
            ["do_center_crop"] = processor.CropSize is not null,
            ["do_rescale"] = true,
            ["rescale_factor"] = processor.RescaleFactor,
            ["do_normalize"] = true,
            ["image_mean"] = new JsonArray([.. processor.Mean.Select(value => JsonValue.Create(value))]),
            ["image_std"] = new JsonArray([.. processor.StandardDeviation.Select(value => JsonValue.Create(value))]),
        };
        if (processor.Size is { } size)
            json["size"] = Sides(size);
        else if (processor.ShortestEdge is int shortest)
            json["size"] = processor.LongestEdge is int longest ? new JsonObject { ["shortest_edge"] = shortest, ["longest_edge"] = longest } : new JsonObject { ["shortest_edge"] = shortest };
        if (processor.CropSize is { } crop)
            json["crop_size"] = Sides(crop);
        return json;
    }

    private static JsonObject Sides((int Height, int Width) size) => new() { ["height"] = size.Height, ["width"] = size.Width };
}

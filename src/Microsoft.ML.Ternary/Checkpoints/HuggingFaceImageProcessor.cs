// preprocessor_config.json of the image processors that come with ViT, DeiT, DINOv2 and CLIP. They differ in what they take where
// a field is absent.
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

internal static class HuggingFaceImageProcessor
{
    public const string FileName = "preprocessor_config.json";

    private static readonly float[] Half = [0.5f, 0.5f, 0.5f];
    private static readonly float[] ClipMean = [0.48145466f, 0.4578275f, 0.40821073f];
    private static readonly float[] ClipDeviation = [0.26862954f, 0.26130258f, 0.27577711f];

    private static readonly Dictionary<string, ImageProcessorConfig> Defaults = new()
    {
        ["ViT"] = new() { Size = (224, 224), Mean = Half, StandardDeviation = Half },
        ["DeiT"] = new() { Size = (256, 256), CropSize = (224, 224), Filter = ResampleFilter.Bicubic, Mean = Half, StandardDeviation = Half },
        ["CLIP"] = new() { ShortestEdge = 224, CropSize = (224, 224), Filter = ResampleFilter.Bicubic, Mean = ClipMean, StandardDeviation = ClipDeviation },
        ["Bit"] = new() { ShortestEdge = 224, CropSize = (224, 224), Filter = ResampleFilter.Bicubic, Mean = ClipMean, StandardDeviation = ClipDeviation },
    };

    /// <summary>Reads a folder's file.</summary>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="CheckpointException">The file is damaged, or it asks for what is not supported.</exception>
    public static ImageProcessorConfig? ReadIfThere(string folder) =>
        JsonFile.ReadIfThere(Path.Combine(folder, FileName)) is JsonFile json ? Read(json) : null;

    /// <summary>What a processor does with a model of that resolution where a folder says nothing else.</summary>
    public static ImageProcessorConfig Default(string processor, int imageSize)
    {
        ImageProcessorConfig config = Defaults[processor];
        return config with
        {
            Size = config.ShortestEdge is null ? (imageSize, imageSize) : null,
            ShortestEdge = config.ShortestEdge is null ? null : imageSize,
            CropSize = config.CropSize is null ? null : (imageSize, imageSize),
        };
    }

    public static ImageProcessorConfig Read(JsonFile json)
    {
        ImageProcessorConfig config = Defaults[ReadFamily(json)];
        config = ReadSize(json, config);
        bool crop = json.Boolean("do_center_crop") ?? config.CropSize is not null;
        return config with
        {
            Resize = json.Boolean("do_resize") ?? true,
            Filter = ReadFilter(json, config.Filter),
            CropSize = crop ? ReadCrop(json, config) : null,
            RescaleFactor = json.Boolean("do_rescale") ?? true ? json.Number("rescale_factor") ?? config.RescaleFactor : 1,
            Mean = json.Boolean("do_normalize") ?? true ? ReadChannels(json, "image_mean", config.Mean) : [0, 0, 0],
            StandardDeviation = json.Boolean("do_normalize") ?? true ? ReadDeviation(json, config.StandardDeviation) : [1, 1, 1],
        };
    }

    private static string ReadFamily(JsonFile json)
    {
        string field = json.Find("image_processor_type") is null ? "feature_extractor_type" : "image_processor_type";
        string? type = json.String(field);
        foreach (string family in Defaults.Keys)
        {
            if (type is not null && (type.StartsWith(family + "ImageProcessor", StringComparison.Ordinal) || type == family + "FeatureExtractor"))
                return family;
        }
        throw json.Wrong(field, $"is \"{type}\"; ViTImageProcessor, DeiTImageProcessor, CLIPImageProcessor and BitImageProcessor are supported.");
    }

    private static ImageProcessorConfig ReadSize(JsonFile json, ImageProcessorConfig config)
    {
        if (json.Find("size") is not JsonElement size)
            return config;
        if (size.ValueKind == JsonValueKind.Number)
        {
            int side = json.Int32("size");
            return config.ShortestEdge is null ? config with { Size = (side, side) } : config with { ShortestEdge = side };
        }
        JsonFile fields = json.Object("size");
        if (fields.Find("shortest_edge") is null)
            return config with { Size = (fields.Int32("height"), fields.Int32("width")), ShortestEdge = null };
        int? longest = fields.Find("longest_edge") is null ? null : fields.Int32("longest_edge");
        return config with { Size = null, ShortestEdge = fields.Int32("shortest_edge"), LongestEdge = longest };
    }

    private static (int Height, int Width) ReadCrop(JsonFile json, ImageProcessorConfig config)
    {
        if (json.Find("crop_size") is not JsonElement size)
            return config.CropSize ?? config.Size ?? (224, 224);
        if (size.ValueKind == JsonValueKind.Number)
            return (json.Int32("crop_size"), json.Int32("crop_size"));
        JsonFile fields = json.Object("crop_size");
        return (fields.Int32("height"), fields.Int32("width"));
    }

    private static ResampleFilter ReadFilter(JsonFile json, ResampleFilter absent)
    {
        int number = json.Int32("resample", (int)absent, minimum: 0);
        return Enum.IsDefined((ResampleFilter)number)
            ? (ResampleFilter)number
            : throw json.Wrong("resample", $"is {number}; Pillow's filters have the numbers 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) and 5 (hamming).");
    }

    private static IReadOnlyList<float> ReadDeviation(JsonFile json, IReadOnlyList<float> absent)
    {
        IReadOnlyList<float> values = ReadChannels(json, "image_std", absent);
        return values.All(value => value > 0) ? values : throw json.Wrong("image_std", "holds a value that is not positive.");
    }

    private static IReadOnlyList<float> ReadChannels(JsonFile json, string field, IReadOnlyList<float> absent)
    {
        if (json.Find(field) is not JsonElement list)
            return absent;
        bool isList = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 3 && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number);
        return isList
            ? [.. list.EnumerateArray().Select(item => item.GetSingle())]
            : throw json.Wrong(field, $"is {list.GetRawText()}; three numbers were expected, for red, green and blue.");
    }
}

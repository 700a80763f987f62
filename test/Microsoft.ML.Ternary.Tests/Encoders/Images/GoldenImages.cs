// What transformers makes of images: pixel values, hidden states, embeddings.
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

internal static class GoldenImages
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>A file beside the pictures.</summary>
    public static string File(string name) => Path.Combine(TestPaths.Golden, "images", name);

    /// <summary>A picture, as ML.NET decodes it.</summary>
    public static ImagePixels Picture(string name)
    {
        using MLImage image = MLImage.CreateFromFile(File(name));
        return MLImagePixels.Copy(image);
    }

    /// <summary>What image processors make of pictures.</summary>
    public static ProcessedImage[] Processed() =>
        JsonSerializer.Deserialize<ProcessedImages>(System.IO.File.ReadAllBytes(File("expected.json")), SnakeCase)!.Rows;

    /// <summary>What a tiny model makes of pixel values.</summary>
    public static EncodedImages Expected(string folder) =>
        JsonSerializer.Deserialize<EncodedImages>(System.IO.File.ReadAllBytes(Path.Combine(TestPaths.Tiny(folder), "expected.json")), SnakeCase)!;
}

internal sealed record ProcessedImages(ProcessedImage[] Rows);

internal sealed record ProcessedImage(string Processor, string Image, int[] Shape, float[] PixelValues);

internal sealed record EncodedImages(
    float[] PixelValues, int[] Shape, float[][][] LastHiddenState, float[][]? PoolerOutput, float[][]? ImageEmbeds, EncodedImages? Interpolated)
{
    /// <summary>The pixel values image by image.</summary>
    public PixelValues[] Images() =>
        [.. PixelValues.Chunk(Shape[1] * Shape[2] * Shape[3]).Select(values => new PixelValues(values, Shape[2], Shape[3]))];

    /// <summary>The last hidden states of all images.</summary>
    public float[] States() => [.. LastHiddenState.SelectMany(image => image.SelectMany(token => token))];
}

// What a model takes on the disk, counted the same way for files, folders, and models that were never written.
using Microsoft.ML.Ternary.Checkpoints;

namespace Samples.Evaluate.Models;

internal static class ModelSize
{
    // What loading reads; a folder may hold the same weights once more in other forms.
    private static readonly string[] Read = [".safetensors", ".json", ".txt"];

    /// <summary>Bytes of a ternary file, or of the weights, tokenizer and configuration of a folder.</summary>
    public static long OfPath(string folderOrFile) => Directory.Exists(folderOrFile)
        ? new DirectoryInfo(folderOrFile).EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => Read.Contains(file.Extension) && file.Directory?.Name is not ("onnx" or "openvino")).Sum(file => file.Length)
        : new FileInfo(folderOrFile).Length;

    /// <summary>Bytes that a file of this model would have.</summary>
    public static long OfFile(EmbeddingModel model) => TernaryModelFile.Accounting(model).TotalBytes;

    /// <summary>Bytes that a file would have which holds the encoder's weights in so many bits, with a float16 scale for every group of a
    /// row, and all else as a file of ours does.</summary>
    public static long InGroups(EmbeddingModel model, int bits, int groupSize)
    {
        (long Rows, long Columns)[] shapes = [.. model.Weights.Layers.SelectMany(layer => layer.Linears()).Select(part => ((long)part.Weights.OutputSize, (long)part.Weights.InputSize))];
        long weights = shapes.Sum(shape => shape.Rows * shape.Columns);
        long scales = shapes.Sum(shape => shape.Rows * ((shape.Columns + groupSize - 1) / groupSize));
        // Our file has such layers in float16.
        return OfFile(model) - 2 * weights + weights * bits / 8 + 2 * scales;
    }
}

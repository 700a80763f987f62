// The file that each engine loads, as its users would have it.
using Benchmarks.Engines;
using Benchmarks.Models;
using Benchmarks.Onnx;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using static TorchSharp.torch;

namespace Benchmarks.Memory;

/// <summary>An engine with the file it loads.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Write">Writes a model's file and returns its path.</param>
/// <param name="Load">Loads such a file with a number of threads.</param>
internal sealed record ModelFileKind(string Name, Func<PreparedModel, string> Write, Func<string, BenchmarkModel, int, EncodeEngine> Load)
{
    /// <summary>All engines.</summary>
    public static IReadOnlyList<ModelFileKind> All { get; } =
    [
        Ternary("ternary", TernaryDigits.One),
        Ternary("ternary-ff2", TernaryDigits.FeedForwardTwo),
        Ternary("ternary-2", TernaryDigits.Two),
        Ort("ort-fp32", int8: false),
        Ort("ort-int8", int8: true),
        Torch("torch-fp32", ScalarType.Float32),
        Torch("torch-bf16", ScalarType.BFloat16),
    ];

    /// <summary>The engine of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static ModelFileKind Parse(string name) => All.FirstOrDefault(engine => engine.Name == name)
        ?? throw new FormatException($"There is no engine '{name}' here; there are {string.Join(", ", All.Select(engine => engine.Name))}.");

    /// <summary>Bytes of the model at <paramref name="path"/>, with the weights that lie beside an ONNX file.</summary>
    public static long Bytes(string path)
    {
        long bytes = new FileInfo(path).Length;
        return Path.GetExtension(path) == ".onnx" ? bytes + new FileInfo(PreparedModel.WeightsOf(path)).Length : bytes;
    }

    private static ModelFileKind Ternary(string name, TernaryDigits digits) => new(
        name,
        model =>
        {
            string path = model.FilePath(name + ".ternary");
            TernaryModelFile.Save(DigitCopy.Of(model.Model, digits), path);
            return path;
        },
        (path, _, threads) => new TernaryEngine(TernaryModelFile.Load(path), new TextEncoderOptions { MaxThreads = threads }));

    private static ModelFileKind Ort(string name, bool int8) => new(
        name,
        model => model.OnnxFile(BertOnnxForm.Fastest(int8, MemoryReading.Shape.Batch * MemoryReading.Shape.Tokens!.Value), masked: false),
        (path, model, threads) => new OrtEngine(_ => path, model.Hidden, threads));

    private static ModelFileKind Torch(string name, ScalarType type) => new(
        name,
        model =>
        {
            string path = model.FilePath(name + ".dat");
            using TorchBertModule module = TorchBertModule.Create(model.Model, type);
            module.save(path);
            return path;
        },
        (path, model, threads) =>
        {
            TorchBertModule module = new(model.Config, type);
            module.load(path);
            return new TorchEngine(module, type, threads);
        });
}

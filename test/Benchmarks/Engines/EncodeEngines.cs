// The list of engines: to add one, write an EncodeEngine and a line here.
using Benchmarks.Models;
using Benchmarks.Onnx;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using static TorchSharp.torch;

namespace Benchmarks.Engines;

/// <summary>An engine that can be chosen with --engine.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Description">What it is.</param>
/// <param name="MinimumCosine">How well each of its embeddings must agree with float32's.</param>
/// <param name="IsDefault">Whether it is measured where --engine is not given.</param>
/// <param name="Create">Loads a model into it with a number of threads.</param>
internal sealed record EncodeEngineKind(
    string Name, string Description, double MinimumCosine, bool IsDefault, Func<PreparedModel, int, EncodeEngine> Create);

/// <summary>All engines.</summary>
internal static class EncodeEngines
{
    /// <summary>The engine whose embeddings are the yardstick.</summary>
    public const string Reference = "ort-fp32";

    // Rounding to 24 bits and summing in another order moves cosines in the seventh decimal; rounding activations to int8 in
    // the second (one scale a token) or a little more (one scale a tensor); a wrong operator would show in the first.
    private const double Float32Cosine = 0.9999, Int8Cosine = 0.97, Int8TensorCosine = 0.9, BFloat16Cosine = 0.99;

    public static IReadOnlyList<EncodeEngineKind> All { get; } =
    [
        new("ternary", "this library: ternary weights, int8 activations", Int8Cosine, true, (model, threads) => Ternary(model, threads, TernaryDigits.One)),
        new("ternary-ff2", "the same with two digits a weight in the feed-forward and the last layer's value and output", Int8Cosine, false, (model, threads) => Ternary(model, threads, TernaryDigits.FeedForwardTwo)),
        new("ternary-2", "the same with two digits a weight everywhere", Int8Cosine, false, (model, threads) => Ternary(model, threads, TernaryDigits.Two)),
        new("ternary-gpu", "this library on the first GPU", Int8Cosine, false, (model, threads) => Ternary(model, threads, TernaryDigits.One, gpuDeviceId: 0)),
        new("ort-fp32", "ONNX Runtime, float32, all graph optimisations", Float32Cosine, true, (model, threads) => Ort(model, batch => BertOnnxForm.Fastest(int8: false, batch.PaddedIds.Length), threads)),
        new("ort-int8", "ONNX Runtime, int8, dynamic quantisation", Int8TensorCosine, true, (model, threads) => Ort(model, batch => BertOnnxForm.Fastest(int8: true, batch.PaddedIds.Length), threads)),
        new("torch-fp32", "libtorch, float32", Float32Cosine, true, (model, threads) => Torch(model, ScalarType.Float32, threads)),
        new("torch-bf16", "libtorch, bfloat16", BFloat16Cosine, true, (model, threads) => Torch(model, ScalarType.BFloat16, threads)),
        .. BertOnnxForm.All.Select(form => new EncodeEngineKind(
            $"{(form.Int8 ? "ort-int8" : "ort-fp32")}-{form.Name}",
            "ONNX Runtime with one form of the graph, to see which is fastest",
            form.Int8 ? Int8TensorCosine : Float32Cosine,
            false,
            (model, threads) => Ort(model, _ => form, threads))),
    ];

    /// <summary>The engine of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static EncodeEngineKind Parse(string name) => All.FirstOrDefault(engine => engine.Name == name)
        ?? throw new FormatException($"There is no engine '{name}'; there are {string.Join(", ", All.Select(engine => engine.Name))}.");

    private static TernaryEngine Ternary(PreparedModel model, int threads, TernaryDigits digits, int? gpuDeviceId = null) =>
        new(DigitCopy.Of(model.Model, digits), new TextEncoderOptions { MaxThreads = threads, GpuDeviceId = gpuDeviceId });

    private static OrtEngine Ort(PreparedModel model, Func<BenchmarkBatch, BertOnnxForm> formOf, int threads) =>
        new(batch => model.OnnxFile(formOf(batch), batch.IsPadded), model.Model.Dimension, threads);

    private static TorchEngine Torch(PreparedModel model, ScalarType type, int threads) => new(TorchBertModule.Create(model.Model, type), type, threads);
}

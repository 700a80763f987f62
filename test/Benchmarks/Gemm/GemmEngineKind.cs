// The list of engines for single layers: to add one, write a GemmEngine and a line here.
using Benchmarks.Onnx;
using Microsoft.ML.Ternary.Kernels;
using static TorchSharp.torch;

namespace Benchmarks.Gemm;

/// <summary>An engine that can be chosen with --engine.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Kernel">The kernel whose peak its speed is compared with.</param>
/// <param name="MinimumCosine">How well its output must agree with plain dot products.</param>
/// <param name="IsDefault">Whether it is measured where --engine is not given.</param>
/// <param name="Create">Loads a layer into it with a number of threads.</param>
internal sealed record GemmEngineKind(string Name, TernaryKernel Kernel, double MinimumCosine, bool IsDefault, Func<GemmProblem, int, GemmEngine> Create)
{
    private const double Float32Cosine = 0.99999, RoundedCosine = 0.999;

    /// <summary>All engines that run on this machine, the fastest kernel of ours first.</summary>
    public static IReadOnlyList<GemmEngineKind> All { get; } =
    [
        // Plain C# is a hundred times slower: to be asked for by name.
        .. TernaryKernels.Supported.Reverse().Select(kernel => new GemmEngineKind(
            "ternary-" + kernel.ToString().ToLowerInvariant(), kernel, RoundedCosine, kernel != TernaryKernel.Scalar, (problem, _) => new TernaryGemmEngine(problem, kernel))),
        Peer("ort-int8", RoundedCosine, (problem, threads) => new OrtGemmEngine(problem, int8: true, threads)),
        Peer("ort-fp32", Float32Cosine, (problem, threads) => new OrtGemmEngine(problem, int8: false, threads)),
        Peer("torch-fp32", Float32Cosine, (problem, threads) => new TorchGemmEngine(problem, ScalarType.Float32, threads)),
        Peer("torch-bf16", RoundedCosine, (problem, threads) => new TorchGemmEngine(problem, ScalarType.BFloat16, threads)),
    ];

    /// <summary>The engine of a name.</summary>
    /// <exception cref="FormatException">There is none on this machine.</exception>
    public static GemmEngineKind Parse(string name) => All.FirstOrDefault(engine => engine.Name == name)
        ?? throw new FormatException($"There is no engine '{name}' on this machine; there are {string.Join(", ", All.Select(engine => engine.Name))}.");

    private static GemmEngineKind Peer(string name, double cosine, Func<GemmProblem, int, GemmEngine> create) =>
        new(name, TernaryKernels.Best, cosine, true, create);
}

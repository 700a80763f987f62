// Everything that is measured: one line an index. Graphs of all engines have the same M and efConstruction, inverted lists the
// same nlist.
using Benchmarks.Ann.Data;
using Microsoft.ML.Ternary.Ann;
using static Benchmarks.Ann.Engines.Parameters;
using Sweep = System.Collections.Generic.IReadOnlyList<System.Collections.Generic.IReadOnlyList<System.Collections.Generic.IReadOnlyDictionary<string, int>>>;

namespace Benchmarks.Ann.Engines;

/// <summary>The list of contenders.</summary>
internal static class AnnContenders
{
    public const string Ours = "ternary-ml", Hnswlib = "hnswlib", Faiss = "faiss", Usearch = "usearch";

    private const string Flat = "flat", Ivf = "ivf", Lsh = "lsh", Hnsw = "hnsw";
    private const string F32 = "f32", F16 = "f16", Int8 = "int8", Ternary = "ternary", Binary = "binary";

    private static readonly IReadOnlyDictionary<string, int> Nothing = new Dictionary<string, int>();
    private static readonly IReadOnlyDictionary<string, int> Graph = new Dictionary<string, int> { [M] = 16, [EfConstruction] = 200 };
    private static readonly IReadOnlyDictionary<string, int> Lists = new Dictionary<string, int> { [NList] = 0 };

    private static readonly Sweep Once = [[Nothing]];
    private static readonly Sweep EfSearches = [Each(EfSearch, 10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640)];
    private static readonly Sweep NProbes = [Each(NProbe, 1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 128)];
    private static readonly Sweep ProbeCounts = [Each(Probes, 4, 8, 16, 32, 64, 128, 256, 512)];
    private static readonly Sweep Rescored = [Each(Rescore, 10, 20, 40, 80, 160, 320, 640)];

    // Of what a graph found all is compared again, or the better half; with fewer the graph does the work in vain.
    private static readonly Sweep RescoredEfSearches = [EfSearches[0], With(EfSearches[0], ef => ef / 2)];
    private static readonly Sweep RescoredNProbes = [With(NProbes[0], _ => 20), With(NProbes[0], _ => 50), With(NProbes[0], _ => 100)];

    /// <summary>All of them, in the order of tables.</summary>
    public static IReadOnlyList<AnnContender> All { get; } =
    [
        new(Ours, Flat, F32, null, Nothing, Once),
        new(Ours, Flat, F16, null, Nothing, Once),
        new(Ours, Flat, Int8, null, Nothing, Once),
        new(Ours, Flat, Int8, F32, Nothing, Rescored),
        new(Ours, Flat, Ternary, F32, Nothing, Rescored),
        new(Ours, Flat, Binary, F32, Nothing, Rescored),
        new(Ours, Ivf, F32, null, Lists, NProbes),
        new(Ours, Ivf, F16, null, Lists, NProbes),
        new(Ours, Ivf, Int8, F32, Lists, RescoredNProbes),
        new(Ours, Ivf, Ternary, F32, Lists, RescoredNProbes),
        new(Ours, Ivf, Ternary, Int8, Lists, RescoredNProbes),
        new(Ours, Ivf, Binary, F32, Lists, RescoredNProbes),
        new(Ours, Lsh, F32, null, Nothing, ProbeCounts),
        new(Ours, Lsh, Ternary, F32, Nothing, ProbeCounts),
        new(Ours, Hnsw, F32, null, Graph, EfSearches),
        new(Ours, Hnsw, F16, null, Graph, EfSearches),
        new(Ours, Hnsw, Int8, null, Graph, EfSearches),
        new(Ours, Hnsw, Int8, F32, Graph, RescoredEfSearches),
        new(Ours, Hnsw, Ternary, F32, Graph, RescoredEfSearches),
        new(Ours, Hnsw, Ternary, Int8, Graph, RescoredEfSearches),
        new(Ours, Hnsw, Binary, F32, Graph, RescoredEfSearches),
        new(Hnswlib, Hnsw, F32, null, Graph, EfSearches),
        new(Faiss, Flat, F32, null, Nothing, Once),
        new(Faiss, Flat, F16, null, Nothing, Once),
        new(Faiss, Flat, Int8, null, Nothing, Once),
        new(Faiss, Ivf, F32, null, Lists, NProbes),
        new(Faiss, Ivf, F16, null, Lists, NProbes),
        new(Faiss, Ivf, Int8, null, Lists, NProbes),
        new(Faiss, Ivf, Int8, F32, Lists, RescoredNProbes),
        new(Faiss, Lsh, Binary, null, Nothing, Once),
        new(Faiss, Lsh, Binary, F32, Nothing, Rescored),
        new(Faiss, Hnsw, F32, null, Graph, EfSearches),
        new(Faiss, Hnsw, F16, null, Graph, EfSearches),
        new(Faiss, Hnsw, Int8, null, Graph, EfSearches),
        new(Faiss, Hnsw, Int8, F32, Graph, RescoredEfSearches),
        new(Usearch, Hnsw, F32, null, Graph, EfSearches),
        new(Usearch, Hnsw, F16, null, Graph, EfSearches),
        // Its int8 scales each vector by its own length, and its bits are signs: neither says anything of Euclidean distance.
        new(Usearch, Hnsw, Int8, null, Graph, EfSearches) { OnlyFor = AnnMetric.Cosine },
        new(Usearch, Hnsw, Binary, null, Graph, EfSearches) { OnlyFor = AnnMetric.Cosine },
    ];

    /// <summary>The names of a property, to choose from on the command line.</summary>
    public static IReadOnlyList<string> Names(Func<AnnContender, string> property) => [.. All.Select(property).Distinct()];

    // The same parameters with a number of candidates that follows from each; fewer than are asked for make no sense.
    private static IReadOnlyDictionary<string, int>[] With(IReadOnlyList<IReadOnlyDictionary<string, int>> sweep, Func<int, int> candidates) =>
        [.. sweep.Select(parameters => new Dictionary<string, int>(parameters) { [Rescore] = candidates(parameters.Values.Single()) }).Where(parameters => parameters[Rescore] >= GroundTruth.K)];

    private static IReadOnlyDictionary<string, int>[] Each(string name, params int[] values) =>
        [.. values.Select(value => new Dictionary<string, int> { [name] = value })];
}

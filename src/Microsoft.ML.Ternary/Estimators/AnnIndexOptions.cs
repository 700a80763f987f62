// What a user may set about nearest neighbours in a pipeline; each option is named as the field and the index classes name it.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>Options of <see cref="AnnIndexEstimator"/>.</summary>
public sealed record AnnIndexOptions
{
    /// <summary>How the index is searched. Default: <see cref="AnnIndexKind.Hnsw"/>, approximate; <see cref="AnnIndexKind.Flat"/> is exact.</summary>
    public AnnIndexKind Kind { get; init; } = AnnIndexKind.Hnsw;

    /// <summary>How many neighbours each row gets. Default 10.</summary>
    public int K { get; init; } = 10;

    /// <summary>What near means. Default: <see cref="AnnMetric.Cosine"/>.</summary>
    public AnnMetric Metric { get; init; } = AnnMetric.Cosine;

    /// <summary>HNSW: links of a node; see <see cref="HnswOptions.M"/>.</summary>
    public int M { get; init; } = 16;

    /// <summary>HNSW: candidates considered when a node is linked; see <see cref="HnswOptions.EfConstruction"/>.</summary>
    public int EfConstruction { get; init; } = 200;

    /// <summary>HNSW: candidates kept while searching; see <see cref="HnswOptions.EfSearch"/>. At least <see cref="K"/> is used.</summary>
    public int EfSearch { get; init; } = 64;

    /// <summary>A column of text or of numbers whose values the neighbours are known by. Without one they are known by their row
    /// number in the data given to Fit, from 0, as 64-bit integers.</summary>
    public string? IdColumn { get; init; }

    /// <summary>Name of the output column with the distances. Default "Distances".</summary>
    public string DistancesColumn { get; init; } = "Distances";

    /// <summary>HNSW: seed of the levels; null takes one from the <see cref="MLContext"/>.</summary>
    public int? Seed { get; init; }

    /// <summary>HNSW: threads that build; 1 is deterministic, 0 takes all cores; see <see cref="VectorIndexOptions.Threads"/>.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>An index file to use instead of building one, as <see cref="AnnIndexTransformer.SaveIndex(string)"/> or
    /// <see cref="VectorIndex.Save(string)"/> wrote it. Its kind, metric, parameters and ids then hold, and of these options only
    /// <see cref="K"/>, <see cref="EfSearch"/> and <see cref="DistancesColumn"/>.</summary>
    public string? IndexFile { get; init; }

    internal HnswOptions Hnsw(int seed) => new()
    {
        Metric = Metric,
        M = M,
        EfConstruction = EfConstruction,
        EfSearch = EfSearch,
        Seed = seed,
        Threads = Threads,
    };
}

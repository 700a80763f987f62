// The parameters of an HNSW index, under the names that the paper and every implementation of it use.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options for building an HNSW index.</summary>
public sealed record HnswOptions
{
    /// <summary>What near means. Default: <see cref="AnnMetric.Cosine"/>.</summary>
    public AnnMetric Metric { get; init; } = AnnMetric.Cosine;

    /// <summary>Links a node makes on each level, and at most keeps on the upper ones; level 0 keeps up to 2M. 2 to 256, default 16:
    /// 12 to 48 suit most data, more for high recall and high dimensions.</summary>
    public int M { get; init; } = 16;

    /// <summary>Candidates considered when a node is linked. More builds slower and a better graph. Default 200.</summary>
    public int EfConstruction { get; init; } = 200;

    /// <summary>Candidates kept while searching when a search does not say otherwise. Default 64.</summary>
    public int EfSearch { get; init; } = 64;

    /// <summary>Seed of the levels. The same seed, vectors and machine give the same bytes when one thread builds.</summary>
    public int Seed { get; init; }

    /// <summary>Threads that build. 1, the default, is deterministic; 0 takes all cores, and what the graph becomes then depends
    /// on their timing (its quality does not).</summary>
    public int Threads { get; init; } = 1;

    internal void Validate()
    {
        if (!Enum.IsDefined(Metric))
            throw new ArgumentOutOfRangeException(nameof(Metric), Metric, "Metric must be Cosine, InnerProduct or L2.");
        RequireRange(M, 2, 256, nameof(M));
        RequireRange(EfConstruction, 1, 1 << 20, nameof(EfConstruction));
        RequireRange(EfSearch, 1, 1 << 20, nameof(EfSearch));
        RequireRange(Threads, 0, 4096, nameof(Threads));
    }

    private static void RequireRange(int value, int lowest, int highest, string name)
    {
        if (value < lowest || value > highest)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be between {lowest} and {highest}.");
    }
}

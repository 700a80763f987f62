// One set of vectors and queries as files that all engines read, with the true neighbours of the queries.
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Data;

/// <summary>A data set on disk.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Metric">What near means: <see cref="AnnMetric.L2"/>, or <see cref="AnnMetric.Cosine"/> with vectors of norm 1.</param>
/// <param name="Folder">Where its files lie.</param>
/// <param name="Source">A sentence on what the vectors are.</param>
internal sealed record AnnDataset(string Name, AnnMetric Metric, string Folder, string Source)
{
    /// <summary>The vectors that are indexed.</summary>
    public string BasePath => Path.Combine(Folder, "base.npy");

    /// <summary>The vectors that are searched with; none of them is indexed.</summary>
    public string QueriesPath => Path.Combine(Folder, "queries.npy");

    /// <summary>The true neighbours.</summary>
    public string TruthPath => Path.Combine(Folder, "truth.npy");

    /// <summary>Whether base and queries were written by an earlier run.</summary>
    public bool IsPrepared => File.Exists(BasePath) && File.Exists(QueriesPath);
}

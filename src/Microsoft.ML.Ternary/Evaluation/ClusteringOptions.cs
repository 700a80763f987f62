// K-means depends on where its centroids begin, so a clustering task runs it more than once.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>How a clustering task runs.</summary>
public sealed record ClusteringOptions
{
    /// <summary>Runs of k-means, each from other centroids, whose figures are averaged.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Decides where the centroids begin.</summary>
    public int Seed { get; init; } = 42;
}

// Approximate search by a hierarchical navigable small-world graph, the structure that leads published comparisons for vectors in
// memory. The work is in HnswStructure, HnswBuilder and HnswSearcher.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An approximate index: a hierarchical navigable small-world graph (Malkov and Yashunin, arXiv:1603.09320).</summary>
/// <remarks>Equal vectors share one node of the graph, so that any number of copies costs no recall. A search that asks for about
/// as many candidates as there are vectors, or that finds fewer than k in the graph, compares with every vector instead: k
/// neighbours come back in any case, also through a filter. The graph is built from the most exact form in which vectors are at
/// hand, so that coarse codes cost nothing of its quality.</remarks>
public sealed class HnswIndex : VectorIndex
{
    internal HnswIndex(HnswStructure structure)
        : base(structure)
    {
    }

    internal HnswIndex(OpenedIndexFile file)
        : base(file)
    {
    }

    /// <summary>The parameters the index was built with.</summary>
    public HnswOptions Options => (HnswOptions)BuildOptions;

    internal HnswGraph Graph => ((HnswStructure)Structure).Graph;

    /// <summary>Builds an index of vectors that lie one after the other.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="options">Parameters, or null for the defaults.</param>
    /// <param name="progress">Hears how many vectors are done, now and then, on a building thread.</param>
    /// <param name="cancellation">Stops the build.</param>
    /// <exception cref="ArgumentException">There is no vector, a length is wrong, a vector holds NaN or infinity, or one is all zeros
    /// under cosine.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static HnswIndex Build(
        ReadOnlySpan<float> vectors,
        int dimension,
        HnswOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, dimension, options.Metric), options, progress, cancellation);
    }

    /// <summary>Builds an index of vectors that come one by one.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, int, HnswOptions?, IProgress{IndexBuildProgress}?, CancellationToken)"/>
    public static HnswIndex Build(
        IEnumerable<float[]> vectors,
        HnswOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, options.Metric, cancellation), options, progress, cancellation);
    }

    internal static HnswIndex Build(VectorStore full, HnswOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        IndexVectors vectors = IndexVectors.Encode(full, options, cancellation);
        return new HnswIndex(HnswStructure.Build(vectors, full, options, progress, cancellation));
    }
}

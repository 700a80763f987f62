// Approximate search by an inverted file, which builds faster than a graph and takes hardly any memory besides the vectors. The work is
// in IvfStructure, IvfTraining and KMeans.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An approximate index: an inverted file (Jégou, Douze and Schmid, 2011, doi:10.1109/TPAMI.2010.57; Sivic and Zisserman, 2003).
/// k-means divides the vectors into nlist lists; a search compares with the vectors of the nprobe lists whose centroids are nearest to
/// the query.</summary>
/// <remarks>A search that meets fewer than k vectors goes on to the next lists, and one with a filter until it has met as many accepted
/// vectors as the nprobe lists hold: k neighbours come back in any case. Under cosine and inner product k-means is spherical: it sees
/// vectors scaled to norm 1 and goes by the product. Building is deterministic on any number of threads. Vectors added later go to the
/// list of their nearest centroid; <see cref="VectorIndex.Compact"/> puts them in its run of memory, and makes new lists if twice as
/// many or half as many would be right by then.</remarks>
public sealed class IvfIndex : VectorIndex
{
    internal IvfIndex(IvfStructure structure)
        : base(structure)
    {
    }

    internal IvfIndex(OpenedIndexFile file)
        : base(file)
    {
    }

    /// <summary>The parameters the index was built with.</summary>
    public IvfOptions Options => (IvfOptions)BuildOptions;

    /// <summary>nlist: the number of lists there are.</summary>
    public int ListCount => Lists.Lists.Count;

    internal IvfStructure Lists => (IvfStructure)Structure;

    /// <summary>Builds an index of vectors that lie one after the other.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="options">Parameters, or null for the defaults.</param>
    /// <param name="progress">Hears how far the build is, in vectors, now and then, on a building thread.</param>
    /// <param name="cancellation">Stops the build.</param>
    /// <exception cref="ArgumentException">There is no vector, a length is wrong, a vector holds NaN or infinity, or one is all zeros
    /// under cosine.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static IvfIndex Build(
        ReadOnlySpan<float> vectors,
        int dimension,
        IvfOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, dimension, options.Metric), options, progress, cancellation);
    }

    /// <summary>Builds an index of vectors that come one by one.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, int, IvfOptions?, IProgress{IndexBuildProgress}?, CancellationToken)"/>
    public static IvfIndex Build(
        IEnumerable<float[]> vectors,
        IvfOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, options.Metric, cancellation), options, progress, cancellation);
    }

    internal static IvfIndex Build(VectorStore full, IvfOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        return new IvfIndex(IvfStructure.Build(full, options, progress, cancellation));
    }
}

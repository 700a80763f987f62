// Exact search: the query against every vector. It is the ground truth for all other kinds, and for a few thousand vectors the
// fastest as well.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An index that compares a query with every vector: exact up to its codec, nothing to build, time proportional to the
/// count.</summary>
public sealed class FlatIndex : VectorIndex
{
    internal FlatIndex(FlatStructure structure)
        : base(structure)
    {
    }

    internal FlatIndex(OpenedIndexFile file)
        : base(file)
    {
    }

    /// <summary>The options the index was built with.</summary>
    public FlatOptions Options => (FlatOptions)BuildOptions;

    /// <summary>Builds an index of vectors that lie one after the other.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="options">Parameters, or null for the defaults.</param>
    /// <param name="cancellation">Stops the build.</param>
    /// <exception cref="ArgumentException">There is no vector, a length is wrong, or a vector holds NaN or infinity, or is all zeros
    /// under cosine.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static FlatIndex Build(ReadOnlySpan<float> vectors, int dimension, FlatOptions? options = null, CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, dimension, options.Metric), options, cancellation);
    }

    /// <summary>Builds an exact index over float32 of vectors that lie one after the other.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, int, FlatOptions?, CancellationToken)"/>
    public static FlatIndex Build(ReadOnlySpan<float> vectors, int dimension, AnnMetric metric) =>
        Build(vectors, dimension, new FlatOptions { Metric = metric });

    /// <summary>Builds an index of vectors that come one by one.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, int, FlatOptions?, CancellationToken)"/>
    public static FlatIndex Build(IEnumerable<float[]> vectors, FlatOptions? options = null, CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, options.Metric, cancellation), options, cancellation);
    }

    internal static FlatIndex Build(VectorStore full, FlatOptions options, CancellationToken cancellation) =>
        new(new FlatStructure(IndexVectors.Encode(full, options, cancellation), options));
}

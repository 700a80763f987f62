// Approximate search by hashing, the quickest of all indexes to build: nothing is learnt but a mean. The work is in LshStructure,
// Hyperplanes and ProbeSequence.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An approximate index: locality-sensitive hashing by random hyperplanes (Charikar, 2002, doi:10.1145/509907.509965) with
/// multi-probe search (Lv et al., 2007, VLDB).</summary>
/// <remarks>A search that meets fewer than k vectors looks into further buckets, and in the end compares with every vector; one with a
/// filter looks until it has met as many accepted vectors as it would have met without: k neighbours come back in any case. Hashes go by
/// direction from the mean of the vectors; under inner product, where length counts as well, other indexes find more. Building is
/// deterministic on any number of threads. <see cref="VectorIndex.Compact"/> hashes anew, with as many bits as there should be by
/// then.</remarks>
public sealed class LshIndex : VectorIndex
{
    internal LshIndex(LshStructure structure)
        : base(structure)
    {
    }

    internal LshIndex(OpenedIndexFile file)
        : base(file)
    {
    }

    /// <summary>The parameters the index was built with.</summary>
    public LshOptions Options => (LshOptions)BuildOptions;

    /// <summary>Bits of a hash.</summary>
    public int BitCount => ((LshStructure)Structure).Planes.Bits;

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
    public static LshIndex Build(
        ReadOnlySpan<float> vectors,
        int dimension,
        LshOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, dimension, options.Metric), options, progress, cancellation);
    }

    /// <summary>Builds an index of vectors that come one by one.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, int, LshOptions?, IProgress{IndexBuildProgress}?, CancellationToken)"/>
    public static LshIndex Build(
        IEnumerable<float[]> vectors,
        LshOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options = Validated(options);
        return Build(VectorStoreFactory.Create(vectors, options.Metric, cancellation), options, progress, cancellation);
    }

    internal static LshIndex Build(VectorStore full, LshOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        IndexVectors vectors = IndexVectors.Encode(full, options, cancellation);
        return new LshIndex(LshStructure.Build(vectors, full, options, progress, cancellation));
    }
}

// Exact search: the query against every vector. It is the ground truth for all other kinds, and for a few thousand vectors the
// fastest as well.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An index that compares a query with every vector: exact, nothing to build, time proportional to the count.</summary>
public sealed class FlatIndex : VectorIndex
{
    internal FlatIndex(VectorStore store)
        : base(store)
    {
    }

    /// <inheritdoc/>
    public override AnnIndexKind Kind => AnnIndexKind.Flat;

    /// <summary>Builds an index of vectors that lie one after the other.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="metric">What near means.</param>
    /// <exception cref="ArgumentException">There is no vector, a length is wrong, or a vector holds NaN or infinity, or is all zeros
    /// under cosine.</exception>
    public static FlatIndex Build(ReadOnlySpan<float> vectors, int dimension, AnnMetric metric = AnnMetric.Cosine) =>
        new(VectorStoreFactory.Create(vectors, dimension, metric));

    /// <summary>Builds an index of vectors that come one by one.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, int, AnnMetric)"/>
    public static FlatIndex Build(IEnumerable<float[]> vectors, AnnMetric metric = AnnMetric.Cosine) =>
        new(VectorStoreFactory.Create(vectors, metric, default));

    internal override void AddSections(VectorIndexFileWriter file)
    {
    }

    // Queries that go through the vectors together read them from memory once.
    private protected override int QueriesAtOnce => 8;

    private protected override void Find(ReadOnlySpan<SearchScratch> searches, int k, SearchOptions? options) => Scan(searches, k);
}

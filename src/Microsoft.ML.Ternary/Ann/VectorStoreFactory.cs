// Takes in the vectors that users hand to Build, and names the one that is wrong.
namespace Microsoft.ML.Ternary.Ann;

internal static class VectorStoreFactory
{
    public static VectorStore Create(ReadOnlySpan<float> vectors, int dimension, AnnMetric metric)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        if (vectors.IsEmpty || vectors.Length % dimension != 0)
            throw new ArgumentException($"{vectors.Length} components are not one or more whole vectors of dimension {dimension}.", nameof(vectors));
        Float32VectorStore store = new(dimension, CheckMetric(metric), vectors.Length / dimension);
        for (int start = 0; start < vectors.Length; start += dimension)
            Append(store, vectors.Slice(start, dimension));
        return store;
    }

    public static VectorStore Create(IEnumerable<float[]> vectors, AnnMetric metric, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        CheckMetric(metric);
        Float32VectorStore? store = null;
        foreach (float[] vector in vectors)
        {
            cancellation.ThrowIfCancellationRequested();
            if (store is null && vector.Length == 0)
                throw new ArgumentException("Vector 0 is empty: vectors must have at least one component.", nameof(vectors));
            store ??= new Float32VectorStore(vector.Length, metric, vectors.TryGetNonEnumeratedCount(out int count) ? count : 0);
            if (vector.Length != store.Dimension)
                throw new ArgumentException($"Vector {store.Count} has {vector.Length} components, the ones before it {store.Dimension}.", nameof(vectors));
            Append(store, vector);
        }
        if (store is null)
            throw new ArgumentException("There are no vectors to index.", nameof(vectors));
        store.Trim();
        return store;
    }

    /// <summary>Fails unless all of some vectors can be added to those of an index.</summary>
    public static void CheckVectors(ReadOnlySpan<float> vectors, int dimension, IndexVectors index)
    {
        if (vectors.IsEmpty || vectors.Length % dimension != 0)
            throw new ArgumentException($"{vectors.Length} components are not one or more whole vectors of the index's dimension {dimension}.", nameof(vectors));
        for (int start = 0; start < vectors.Length; start += dimension)
        {
            VectorProblem problem = index.Check(vectors.Slice(start, dimension));
            if (problem != VectorProblem.None)
                throw new ArgumentException($"Vector {start / dimension} {VectorIndex.Describe(problem)}.", nameof(vectors));
        }
    }

    private static AnnMetric CheckMetric(AnnMetric metric) => Enum.IsDefined(metric)
        ? metric
        : throw new ArgumentOutOfRangeException(nameof(metric), metric, "The metric must be Cosine, InnerProduct or L2.");

    private static void Append(Float32VectorStore store, ReadOnlySpan<float> vector)
    {
        VectorProblem problem = store.Append(vector);
        if (problem != VectorProblem.None)
            throw new ArgumentException($"Vector {store.Count} {VectorIndex.Describe(problem)}.", "vectors");
    }
}

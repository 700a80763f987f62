// The seam between an index structure (Flat, HNSW, later IVF and LSH) and how vectors are kept (float32, later float16, int8,
// ternary, binary). A structure only ever asks for distances from a query to a handful of stored vectors, so that one virtual
// call is spread over all of them; what a prepared query looks like is the store's own business.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>What is wrong with a vector, if anything.</summary>
internal enum VectorProblem
{
    None,
    NotFinite,
    Zero,
}

/// <summary>The vectors of an index, in one codec and under one metric.</summary>
/// <remarks>Distances between are comparable, not reported ones: see <see cref="Reported"/>. Reading is thread-safe.</remarks>
internal abstract unsafe class VectorStore(int dimension, AnnMetric metric)
{
    public int Dimension { get; } = dimension;

    public AnnMetric Metric { get; } = metric;

    public abstract VectorCodec Codec { get; }

    public abstract int Count { get; }

    /// <summary>Bytes a stored vector takes.</summary>
    public abstract int RowBytes { get; }

    /// <summary>Bytes a prepared query takes, aligned to 64.</summary>
    public abstract int QueryBytes { get; }

    /// <summary>The rows as they lie in memory and in a file: <see cref="Count"/> x <see cref="RowBytes"/>.</summary>
    public abstract byte* Rows { get; }

    /// <summary>Bytes of memory it takes.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>Makes room for <paramref name="capacity"/> vectors in all.</summary>
    public abstract void Reserve(int capacity);

    /// <summary>Adds a vector, unless something is wrong with it.</summary>
    public abstract VectorProblem Append(ReadOnlySpan<float> vector);

    /// <summary>A store of some of the vectors, in the order given.</summary>
    public abstract VectorStore Select(ReadOnlySpan<int> slots);

    /// <summary>Whether a vector can be stored or searched for under a metric. Its cost is one pass over the vector.</summary>
    public static VectorProblem Check(ReadOnlySpan<float> vector, AnnMetric metric)
    {
        double squares = SumOfSquares(vector);
        if (!double.IsFinite(squares))
            return VectorProblem.NotFinite;
        return squares == 0 && metric == AnnMetric.Cosine ? VectorProblem.Zero : VectorProblem.None;
    }

    /// <summary>Writes the form of a query that <see cref="Distances"/> takes. The query has passed <see cref="Check"/>.</summary>
    public abstract void PrepareQuery(ReadOnlySpan<float> query, byte* prepared);

    /// <summary>A stored vector as a query: where it lies already, or <paramref name="scratch"/> with it decoded.</summary>
    public abstract byte* StoredAsQuery(int id, byte* scratch);

    /// <summary>The distances from a prepared query to the stored vectors <paramref name="ids"/>.</summary>
    public abstract void Distances(byte* query, int* ids, int count, float* distances);

    /// <summary>The distances from a prepared query to <paramref name="count"/> consecutive vectors.</summary>
    public abstract void DistancesInOrder(byte* query, int first, int count, float* distances);

    /// <summary>Decodes a stored vector.</summary>
    public abstract void CopyVector(int id, Span<float> destination);

    /// <summary>The distance that users see from the one that searches compare.</summary>
    /// <remarks>Cosine compares -(a . b) of normalised vectors and reports 1 - (a . b), which rounding must not take below 0.</remarks>
    public float Reported(float distance) => Metric == AnnMetric.Cosine ? Math.Max(0f, 1f + distance) : distance;

    // In double, in which no square of a float over- or underflows: the sum is finite exactly when all components are, and zero
    // exactly when they are.
    protected static double SumOfSquares(ReadOnlySpan<float> vector)
    {
        double even = 0, odd = 0;
        int i = 0;
        for (; i < vector.Length - 1; i += 2)
        {
            even += (double)vector[i] * vector[i];
            odd += (double)vector[i + 1] * vector[i + 1];
        }
        if (i < vector.Length)
            even += (double)vector[i] * vector[i];
        return even + odd;
    }
}

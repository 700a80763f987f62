// Vectors in half the memory, and nearly as exact: eleven bits of mantissa are more than what separates neighbours. A query stays
// float32.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A store of float16 vectors. Components below 2^-14 in magnitude are kept as 0; those above 65504 are refused.</summary>
internal sealed unsafe class Float16VectorStore : FloatVectorStore<Float16Rows, HalfSquaredDifferenceTerm>
{
    // For products the query is multiplied by 2^64 beforehand and the sum by 2^48 afterwards, which together undo what loading a
    // row divides by. With all of it in the query, components from 2^16 on would overflow.
    private const float QueryScale = 18446744073709551616f;
    private const float SumScale = Float16Rows.Scale / QueryScale;

    // What a query's components are limited to: far beyond what a distance to stored vectors could tell apart.
    private const float QueryLimit = 4611686018427387904f;

    // A whole cache line of halves.
    private const int Block32 = 32;

    /// <summary>Creates an empty store, with room for <paramref name="capacity"/> vectors to begin with.</summary>
    public Float16VectorStore(int dimension, AnnMetric metric, int capacity = 0)
        : base(dimension, metric, new GrowableRows(BytesPerRow(dimension), capacity), Padded(dimension), -SumScale)
    {
    }

    /// <summary>Wraps rows read from a file.</summary>
    public Float16VectorStore(int dimension, AnnMetric metric, int count, MemoryBlock rows)
        : base(dimension, metric, new GrowableRows(BytesPerRow(dimension), count, rows), Padded(dimension), -SumScale)
    {
    }

    public override VectorCodec Codec => VectorCodec.Float16;

    /// <summary>Bytes a row takes: its components, padded with zeros to whole cache lines.</summary>
    public static int BytesPerRow(int dimension) => checked(Padded(dimension) * sizeof(short));

    public override VectorProblem CheckForStorage(ReadOnlySpan<float> vector)
    {
        VectorProblem problem = base.CheckForStorage(vector);
        if (problem != VectorProblem.None || Metric == AnnMetric.Cosine)
            return problem;
        foreach (float component in vector)
        {
            if (Math.Abs(component) > Float16Rows.MaxValue)
                return VectorProblem.OutOfRange;
        }
        return VectorProblem.None;
    }

    public override void PrepareQuery(ReadOnlySpan<float> query, byte* prepared)
    {
        Span<float> row = new(prepared, Length);
        if (Metric == AnnMetric.Cosine)
        {
            Normalize(query, row);
        }
        else
        {
            for (int i = 0; i < query.Length; i++)
                row[i] = Math.Clamp(query[i], -QueryLimit, QueryLimit);
        }
        Finish(row);
    }

    public override byte* StoredAsQuery(int id, byte* scratch)
    {
        Span<float> row = new(scratch, Length);
        CopyVector(id, row);
        Finish(row);
        return scratch;
    }

    public override void CopyVector(int id, Span<float> destination)
    {
        MemoryBlock block = Block;
        byte* row = block.Pointer + (long)id * RowBytes;
        for (int i = 0; i < Dimension; i++)
            destination[i] = Float16Rows.Load(row, i) * Float16Rows.Scale;
        GC.KeepAlive(block);
    }

    protected override void Encode(ReadOnlySpan<float> vector, byte* row)
    {
        Span<short> halves = new(row, Length);
        for (int i = 0; i < vector.Length; i++)
            halves[i] = Float16Rows.Round(vector[i]);
        halves[vector.Length..].Clear();
    }

    protected override VectorStore CreateEmpty(int capacity) => new Float16VectorStore(Dimension, Metric, capacity);

    private void Finish(Span<float> row)
    {
        if (Metric != AnnMetric.L2)
        {
            for (int i = 0; i < Dimension; i++)
                row[i] *= QueryScale;
        }
        row[Dimension..].Clear();
    }

    private static int Padded(int dimension) => Padded(dimension, Block32);
}

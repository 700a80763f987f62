// Vectors as they are: float32, one after the other, each on a cache line. Under cosine they are scaled to norm 1 when they
// come in, which makes the distance one inner product.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A store of float32 vectors.</summary>
internal sealed unsafe class Float32VectorStore : FloatVectorStore<Float32Rows, SquaredDifferenceTerm>
{
    /// <summary>Creates an empty store, with room for <paramref name="capacity"/> vectors to begin with.</summary>
    public Float32VectorStore(int dimension, AnnMetric metric, int capacity = 0)
        : base(dimension, metric, new GrowableRows(BytesPerRow(dimension), capacity), Padded(dimension), -1)
    {
    }

    /// <summary>Wraps rows read from a file.</summary>
    public Float32VectorStore(int dimension, AnnMetric metric, int count, MemoryBlock rows)
        : base(dimension, metric, new GrowableRows(BytesPerRow(dimension), count, rows), Padded(dimension), -1)
    {
    }

    public override VectorCodec Codec => VectorCodec.Float32;

    /// <summary>Bytes a row takes: its components, padded with zeros to whole cache lines.</summary>
    public static int BytesPerRow(int dimension) => checked(Padded(dimension) * sizeof(float));

    public override void PrepareQuery(ReadOnlySpan<float> query, byte* prepared)
    {
        Span<float> row = new(prepared, Length);
        if (Metric == AnnMetric.Cosine)
            Normalize(query, row);
        else
            query.CopyTo(row);
        row[query.Length..].Clear();
    }

    public override byte* StoredAsQuery(int id, byte* scratch) => Block.Pointer + (long)id * RowBytes;

    public override void CopyVector(int id, Span<float> destination)
    {
        MemoryBlock block = Block;
        new ReadOnlySpan<float>(block.Pointer + (long)id * RowBytes, Dimension).CopyTo(destination);
        GC.KeepAlive(block);
    }

    protected override void Encode(ReadOnlySpan<float> vector, byte* row)
    {
        Span<float> components = new(row, Length);
        vector.CopyTo(components);
        components[vector.Length..].Clear();
    }

    protected override VectorStore CreateEmpty(int capacity) => new Float32VectorStore(Dimension, Metric, capacity);

    private static int Padded(int dimension) => Padded(dimension, RowDistance.Block);
}

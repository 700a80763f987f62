// Vectors as they are: float32, one after the other, each on a cache line. Under cosine they are scaled to norm 1 when they
// come in, which makes the distance one inner product.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A store of float32 vectors.</summary>
internal sealed unsafe class Float32VectorStore : VectorStore
{
    private readonly int _stride;
    private MemoryBlock _rows;
    private int _count;

    /// <summary>Creates an empty store, with room for <paramref name="capacity"/> vectors to begin with.</summary>
    public Float32VectorStore(int dimension, AnnMetric metric, int capacity = 0)
        : base(dimension, metric)
    {
        _stride = Stride(dimension);
        _rows = new AlignedBuffer((long)Math.Max(capacity, 1) * RowBytes);
    }

    /// <summary>Wraps rows read from a file.</summary>
    public Float32VectorStore(int dimension, AnnMetric metric, int count, MemoryBlock rows)
        : base(dimension, metric)
    {
        _stride = Stride(dimension);
        _rows = rows;
        _count = count;
    }

    public override VectorCodec Codec => VectorCodec.Float32;

    public override int Count => Volatile.Read(ref _count);

    public override int RowBytes => _stride * sizeof(float);

    public override int QueryBytes => RowBytes;

    public override byte* Rows => _rows.Pointer;

    private bool ComparesProducts => Metric != AnnMetric.L2;

    /// <summary>Bytes a row takes: its components, padded with zeros to whole cache lines.</summary>
    public static int BytesPerRow(int dimension) => Stride(dimension) * sizeof(float);

    /// <summary>Adds a vector, unless something is wrong with it.</summary>
    public override VectorProblem Append(ReadOnlySpan<float> vector)
    {
        VectorProblem problem = Check(vector, Metric);
        if (problem != VectorProblem.None)
            return problem;
        if ((long)(_count + 1) * RowBytes > _rows.Length)
            _rows = _rows.Resize((long)checked(_count * 2 + 16) * RowBytes);
        PrepareQuery(vector, (byte*)Row(_count));
        Volatile.Write(ref _count, _count + 1);
        return VectorProblem.None;
    }

    public override long MemoryBytes => _rows.Length;

    public override void Reserve(int capacity)
    {
        if ((long)capacity * RowBytes > _rows.Length)
            _rows = _rows.Resize(Math.Max((long)capacity, _count + _count / 2) * RowBytes);
    }

    public override VectorStore Select(ReadOnlySpan<int> slots)
    {
        Float32VectorStore selected = new(Dimension, Metric, slots.Length);
        foreach (int slot in slots)
            new ReadOnlySpan<byte>(Row(slot), RowBytes).CopyTo(new Span<byte>(selected.Row(selected._count++), RowBytes));
        return selected;
    }

    /// <summary>Gives back the room that growing left over.</summary>
    public void Trim()
    {
        long needed = (long)Math.Max(_count, 1) * RowBytes;
        if (_rows.Length > needed + needed / 8)
            _rows = _rows.Resize(needed);
    }

    public override void PrepareQuery(ReadOnlySpan<float> query, byte* prepared)
    {
        Span<float> row = new(prepared, _stride);
        if (Metric == AnnMetric.Cosine)
        {
            double scale = 1 / Math.Sqrt(SumOfSquares(query));
            for (int i = 0; i < query.Length; i++)
                row[i] = (float)(query[i] * scale);
        }
        else
        {
            query.CopyTo(row);
        }
        row[query.Length..].Clear();
    }

    public override byte* StoredAsQuery(int id, byte* scratch) => (byte*)Row(id);

    public override void Distances(byte* query, int* ids, int count, float* distances)
    {
        // Whoever appends may put a larger block in the place of this one meanwhile.
        MemoryBlock rows = _rows;
        if (ComparesProducts)
        {
            Sums<ProductTerm>(rows, (float*)query, ids, count, distances);
            Negate(distances, count);
        }
        else
        {
            Sums<SquaredDifferenceTerm>(rows, (float*)query, ids, count, distances);
        }
        GC.KeepAlive(rows);
    }

    public override void DistancesInOrder(byte* query, int first, int count, float* distances)
    {
        MemoryBlock rows = _rows;
        if (ComparesProducts)
        {
            SumsInOrder<ProductTerm>(rows, (float*)query, first, count, distances);
            Negate(distances, count);
        }
        else
        {
            SumsInOrder<SquaredDifferenceTerm>(rows, (float*)query, first, count, distances);
        }
        GC.KeepAlive(rows);
    }

    public override void CopyVector(int id, Span<float> destination)
    {
        MemoryBlock rows = _rows;
        new ReadOnlySpan<float>(Row(rows, id), Dimension).CopyTo(destination);
        GC.KeepAlive(rows);
    }

    private static int Stride(int dimension) =>
        checked(dimension + Float32Distance.Block - 1) / Float32Distance.Block * Float32Distance.Block;

    private float* Row(int id) => Row(_rows, id);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float* Row(MemoryBlock rows, int id) => (float*)rows.Pointer + (long)id * _stride;

    // Zero minus, not a change of sign: a product of 0 gives +0, and ties among zeros stay ties.
    private static void Negate(float* distances, int count)
    {
        for (int i = 0; i < count; i++)
            distances[i] = 0f - distances[i];
    }

    private void Sums<TTerm>(MemoryBlock rows, float* query, int* ids, int count, float* sums) where TTerm : struct, IDistanceTerm
    {
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            for (int next = i + 4; next < Math.Min(i + 8, count); next++)
                Prefetch(rows, ids[next]);
            Float32Distance.Four<TTerm>(query, Row(rows, ids[i]), Row(rows, ids[i + 1]), Row(rows, ids[i + 2]), Row(rows, ids[i + 3]), _stride, sums + i);
        }
        for (; i < count; i++)
            sums[i] = Float32Distance.One<TTerm>(query, Row(rows, ids[i]), _stride);
    }

    private void SumsInOrder<TTerm>(MemoryBlock rows, float* query, int first, int count, float* sums) where TTerm : struct, IDistanceTerm
    {
        float* row = Row(rows, first);
        int i = 0;
        for (; i <= count - 4; i += 4, row += 4 * (long)_stride)
            Float32Distance.Four<TTerm>(query, row, row + _stride, row + 2 * (long)_stride, row + 3 * (long)_stride, _stride, sums + i);
        for (; i < count; i++, row += _stride)
            sums[i] = Float32Distance.One<TTerm>(query, row, _stride);
    }

    // The first lines of a row; the hardware's own prefetcher follows from there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prefetch(MemoryBlock rows, int id)
    {
        if (!Sse.IsSupported)
            return;
        byte* row = (byte*)Row(rows, id);
        for (int line = 0; line < Math.Min(4 * MemoryBlock.Alignment, RowBytes); line += MemoryBlock.Alignment)
            Sse.Prefetch0(row + line);
    }
}

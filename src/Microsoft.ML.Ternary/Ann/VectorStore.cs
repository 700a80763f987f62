// The seam between an index structure and how vectors are kept (float32, float16, int8, ternary, binary). A structure only ever
// asks for distances from a query to a handful of stored vectors, so that one virtual call is spread over all of them; what a
// prepared query looks like is the store's own business.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>What is wrong with a vector, if anything.</summary>
internal enum VectorProblem
{
    None,
    NotFinite,
    Zero,
    OutOfRange,
}

/// <summary>The vectors of an index, in one codec and under one metric.</summary>
/// <remarks>Distances between are comparable, not reported ones: see <see cref="Reported"/>. Reading is thread-safe, also while one
/// thread appends, for rows below the <see cref="Count"/> that the reader saw before.</remarks>
internal abstract unsafe class VectorStore
{
    private readonly GrowableRows _rows;
    private float[]? _normalized;

    protected VectorStore(int dimension, AnnMetric metric, GrowableRows rows)
    {
        Dimension = dimension;
        Metric = metric;
        _rows = rows;
    }

    public int Dimension { get; }

    public AnnMetric Metric { get; }

    public abstract VectorCodec Codec { get; }

    public int Count => _rows.Count;

    /// <summary>Bytes a stored vector takes.</summary>
    public int RowBytes => _rows.RowBytes;

    /// <summary>Bytes a prepared query takes, aligned to 64.</summary>
    public abstract int QueryBytes { get; }

    /// <summary>The rows as they lie in memory and in a file: <see cref="Count"/> x <see cref="RowBytes"/>.</summary>
    public byte* Rows => _rows.Block.Pointer;

    /// <summary>Bytes of memory that the rows take.</summary>
    public long MemoryBytes => _rows.Block.Length;

    /// <summary>What besides the rows is needed to read them, as it is written to files; null if nothing is.</summary>
    public virtual byte[]? Parameters => null;

    /// <summary>The rows as a reader takes them, once for each piece of work.</summary>
    protected MemoryBlock Block => _rows.Block;

    /// <summary>Whether a vector can be stored or searched for under a metric. Its cost is one pass over the vector.</summary>
    public static VectorProblem Check(ReadOnlySpan<float> vector, AnnMetric metric)
    {
        double squares = SumOfSquares(vector);
        if (!double.IsFinite(squares))
            return VectorProblem.NotFinite;
        return squares == 0 && metric == AnnMetric.Cosine ? VectorProblem.Zero : VectorProblem.None;
    }

    /// <summary>Whether a vector can be stored here: as <see cref="Check"/>, and within the range of the codec.</summary>
    public virtual VectorProblem CheckForStorage(ReadOnlySpan<float> vector) => Check(vector, Metric);

    /// <summary>Makes room for <paramref name="capacity"/> vectors in all.</summary>
    public void Reserve(int capacity) => _rows.Reserve(capacity);

    /// <summary>Gives back the room that growing left over.</summary>
    public void Trim() => _rows.Trim();

    /// <summary>Adds a vector, unless something is wrong with it.</summary>
    public VectorProblem Append(ReadOnlySpan<float> vector)
    {
        VectorProblem problem = CheckForStorage(vector);
        if (problem != VectorProblem.None)
            return problem;
        if (Metric == AnnMetric.Cosine)
        {
            _normalized ??= new float[Dimension];
            Normalize(vector, _normalized);
            vector = _normalized;
        }
        Encode(vector, _rows.Next());
        _rows.Publish();
        return VectorProblem.None;
    }

    /// <summary>Adds all vectors of another store, on several threads. Under cosine they are taken to be normalised.</summary>
    /// <exception cref="ArgumentException">One is out of the range of this store's codec.</exception>
    public void AppendAll(VectorStore other, int threads, CancellationToken cancellation)
    {
        int count = other.Count, first = Count;
        Reserve(checked(first + count));
        byte* rows = _rows.Block.Pointer + (long)first * RowBytes;
        const int AtOnce = 256;
        int wrong = int.MaxValue;
        Blocks.Run((count + AtOnce - 1) / AtOnce, threads, () => new float[Dimension], (piece, vector) =>
        {
            cancellation.ThrowIfCancellationRequested();
            for (int id = piece * AtOnce; id < Math.Min(count, (piece + 1) * AtOnce); id++)
            {
                other.CopyVector(id, vector);
                if (CheckForStorage(vector) == VectorProblem.None)
                    Encode(vector, rows + (long)id * RowBytes);
                else
                    InterlockedMin(ref wrong, id);
            }
        });
        if (wrong < count)
            throw new ArgumentException($"Vector {wrong} {VectorIndex.Describe(VectorProblem.OutOfRange)}.", "vectors");
        _rows.Publish(count);
    }

    /// <summary>A store of some of the vectors, in the order given.</summary>
    public VectorStore Select(ReadOnlySpan<int> slots)
    {
        VectorStore selected = CreateEmpty(slots.Length);
        MemoryBlock block = Block;
        foreach (int slot in slots)
        {
            new ReadOnlySpan<byte>(block.Pointer + (long)slot * RowBytes, RowBytes).CopyTo(new Span<byte>(selected._rows.Next(), RowBytes));
            selected._rows.Publish();
        }
        GC.KeepAlive(block);
        return selected;
    }

    /// <summary>Writes the form of a query that <see cref="Distances"/> takes. The query has passed <see cref="Check"/>.</summary>
    public abstract void PrepareQuery(ReadOnlySpan<float> query, byte* prepared);

    /// <summary>A stored vector as a query: where it lies already, or <paramref name="scratch"/> with it decoded.</summary>
    /// <remarks>Where it lies already it stays valid until the next change to the store.</remarks>
    public abstract byte* StoredAsQuery(int id, byte* scratch);

    /// <summary>The distances from a prepared query to the stored vectors <paramref name="ids"/>.</summary>
    public abstract void Distances(byte* query, int* ids, int count, float* distances);

    /// <summary>The distances from a prepared query to <paramref name="count"/> consecutive vectors.</summary>
    public abstract void DistancesInOrder(byte* query, int first, int count, float* distances);

    /// <summary>Decodes a stored vector. Under cosine it has norm 1.</summary>
    public abstract void CopyVector(int id, Span<float> destination);

    /// <summary>The distance that users see from the one that searches compare.</summary>
    /// <remarks>Cosine compares -(a . b) of normalised vectors and reports 1 - (a . b), which rounding must not take below 0.</remarks>
    public float Reported(float distance) => Metric == AnnMetric.Cosine ? Math.Max(0f, 1f + distance) : distance;

    /// <summary>Writes the row of a vector that has passed <see cref="CheckForStorage"/>, normalised under cosine. Thread-safe.</summary>
    protected abstract void Encode(ReadOnlySpan<float> vector, byte* row);

    /// <summary>A store of the same codec and parameters without vectors.</summary>
    protected abstract VectorStore CreateEmpty(int capacity);

    /// <summary>Scales a vector, which is not zero, to norm 1.</summary>
    protected static void Normalize(ReadOnlySpan<float> vector, Span<float> destination)
    {
        double scale = 1 / Math.Sqrt(SumOfSquares(vector));
        for (int i = 0; i < vector.Length; i++)
            destination[i] = (float)(vector[i] * scale);
    }

    // In double, in which no square of a float over- or underflows: the sum is finite exactly when all components are, and zero
    // exactly when they are. Written for registers of one width, so that every processor adds in the same order.
    protected static double SumOfSquares(ReadOnlySpan<float> vector)
    {
        Vector256<double> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= vector.Length - 16; i += 16)
        {
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Create(vector[i..]));
            (Vector256<double> c, Vector256<double> d) = Vector256.Widen(Vector256.Create(vector[(i + 8)..]));
            sum0 += a * a;
            sum1 += b * b;
            sum2 += c * c;
            sum3 += d * d;
        }
        Vector256<double> sum = sum0 + sum1 + (sum2 + sum3);
        double total = sum[0] + sum[1] + (sum[2] + sum[3]);
        for (; i < vector.Length; i++)
            total += (double)vector[i] * vector[i];
        return total;
    }

    private static void InterlockedMin(ref int location, int value)
    {
        for (int seen = Volatile.Read(ref location); value < seen;)
        {
            int before = Interlocked.CompareExchange(ref location, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}

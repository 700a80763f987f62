// Vectors as codes of 8, 2 or 1 bits a component. A vector x is kept as whole numbers c that approximate x' = R(x - mean), R a random
// rotation, with a scale s and |x'|²; s is such that s (q . c) estimates q . x' without bias. The query is not coded but only rounded to
// 8 bits, which costs next to nothing and makes all sums integers: every processor finds the same neighbours.
//
//   squared distance    |q'|² + |x'|² - 2 s (q' . c)     q' = R(q - mean)
//   product, cosine     -(q . mean) - s (Rq . c)
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A store of vectors as codes of one format.</summary>
internal sealed unsafe class QuantizedVectorStore<TCode> : VectorStore where TCode : struct, ICodeFormat
{
    /// <summary>The most components a vector may have: with them, sums of products still fit 32 bits.</summary>
    public const int MaxDimension = 1 << 16;

    // Squared norms are float32, and so are sums of a few of them.
    private const double MaxSquaredNorm = 1.3292279957849159e36;
    private const float MinSquaredNorm = 1e-37f;

    // Rows asked for from memory ahead of the one being compared with.
    private const int Ahead = 6;

    private readonly CodeLayout _layout;
    private readonly CodeFrame _frame;

    /// <summary>Creates an empty store, with room for <paramref name="capacity"/> vectors to begin with.</summary>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="training">Vectors like those to come, or null.</param>
    /// <param name="seed">Seed of the rotation.</param>
    /// <param name="capacity">Vectors to have room for.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many components.</exception>
    public QuantizedVectorStore(int dimension, AnnMetric metric, VectorStore? training, int seed, int capacity)
        : this(dimension, metric, new GrowableRows(BytesPerRow(dimension), capacity), CodeFrame.Train(training, dimension, seed, Layout(dimension).Length))
    {
    }

    /// <summary>Wraps rows read from a file.</summary>
    /// <exception cref="InvalidDataException">The parameters are not those of such a store.</exception>
    public QuantizedVectorStore(int dimension, AnnMetric metric, int count, MemoryBlock rows, ReadOnlySpan<byte> parameters)
        : this(dimension, metric, new GrowableRows(BytesPerRow(dimension), count, rows), CodeFrame.FromBytes(parameters, dimension, Layout(dimension).Length))
    {
    }

    private QuantizedVectorStore(int dimension, AnnMetric metric, GrowableRows rows, CodeFrame frame)
        : base(dimension, metric, rows)
    {
        _layout = Layout(dimension);
        _frame = frame;
    }

    public override VectorCodec Codec => TCode.Codec;

    public override int QueryBytes => VectorOffset + _layout.Length * sizeof(float) + _layout.Length;

    public override byte[] Parameters => _frame.ToBytes();

    // A prepared query: what it is to be combined with, its components as bytes, and room to make them in, the vector as float32 and
    // codes one to a byte.
    private static int QueryOffset => MemoryBlock.Alignment;

    private int VectorOffset => QueryOffset + (_layout.QueryBytes + MemoryBlock.Alignment - 1) / MemoryBlock.Alignment * MemoryBlock.Alignment;

    /// <summary>Bytes a row takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are too many components.</exception>
    public static int BytesPerRow(int dimension) => Layout(dimension).RowBytes;

    public override VectorProblem CheckForStorage(ReadOnlySpan<float> vector)
    {
        double squares = SumOfSquares(vector);
        if (!double.IsFinite(squares))
            return VectorProblem.NotFinite;
        if (Metric == AnnMetric.Cosine)
            return squares == 0 ? VectorProblem.Zero : VectorProblem.None;
        return squares > MaxSquaredNorm ? VectorProblem.OutOfRange : VectorProblem.None;
    }

    /// <inheritdoc/>
    /// <remarks>A query of a norm beyond those that can be stored is shortened to it, in float32's range and in its direction.</remarks>
    public override void PrepareQuery(ReadOnlySpan<float> query, byte* prepared)
    {
        float* x = (float*)(prepared + VectorOffset);
        Span<float> vector = new(x, _layout.Length);
        double squares = SumOfSquares(query);
        if (Metric == AnnMetric.Cosine)
            Scale(query, 1 / Math.Sqrt(squares), vector);
        else if (squares > MaxSquaredNorm)
            Scale(query, Math.Sqrt(MaxSquaredNorm / squares), vector);
        else
            query.CopyTo(vector);
        vector[query.Length..].Clear();
        float offset;
        if (Metric == AnnMetric.L2)
        {
            VectorArithmetic.Subtract(x, _frame.Mean, _layout.Length);
            offset = VectorArithmetic.Product(x, x, _layout.Length);
        }
        else
        {
            offset = -VectorArithmetic.Product(x, _frame.Mean, _layout.Length);
        }
        _frame.Rotation.Apply(x);
        FinishQuery(prepared, offset);
    }

    public override byte* StoredAsQuery(int id, byte* scratch)
    {
        MemoryBlock block = Block;
        byte* row = block.Pointer + (long)id * RowBytes;
        byte* codes = scratch + VectorOffset + _layout.Length * sizeof(float);
        _layout.Unpack(row, codes);
        Row stored = ReadRow(row);
        if (Metric == AnnMetric.L2)
            UseCodes(scratch, codes, stored);
        else
            UseProducts(scratch, codes, stored.Scale);
        GC.KeepAlive(block);
        return scratch;
    }

    public override void Distances(byte* query, int* ids, int count, float* distances)
    {
        MemoryBlock block = Block;
        byte* rows = block.Pointer;
        for (int i = 0; i < Math.Min(Ahead, count); i++)
            Prefetch(rows + (long)ids[i] * RowBytes);
        for (int i = 0; i < count; i++)
        {
            if (i + Ahead < count)
                Prefetch(rows + (long)ids[i + Ahead] * RowBytes);
            distances[i] = Distance(query, rows + (long)ids[i] * RowBytes);
        }
        GC.KeepAlive(block);
    }

    public override void DistancesInOrder(byte* query, int first, int count, float* distances)
    {
        MemoryBlock block = Block;
        byte* row = block.Pointer + (long)first * RowBytes;
        for (int i = 0; i < count; i++, row += RowBytes)
            distances[i] = Distance(query, row);
        GC.KeepAlive(block);
    }

    /// <inheritdoc/>
    /// <remarks>With the scale that leaves the smallest error, which is not the one for estimating products.</remarks>
    public override void CopyVector(int id, Span<float> destination)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(_layout.Length * (sizeof(float) + 1));
        MemoryBlock block = Block;
        fixed (byte* scratch = rented)
        {
            float* x = (float*)scratch;
            byte* codes = scratch + _layout.Length * sizeof(float);
            byte* row = block.Pointer + (long)id * RowBytes;
            _layout.Unpack(row, codes);
            Decode(codes, ReadRow(row), x);
            _frame.Rotation.Undo(x);
            for (int i = 0; i < Dimension; i++)
                destination[i] = x[i] + _frame.Mean[i];
        }
        GC.KeepAlive(block);
        GC.KeepAlive(_frame);
        ArrayPool<byte>.Shared.Return(rented);
        if (Metric == AnnMetric.Cosine && SumOfSquares(destination[..Dimension]) > 0)
            Normalize(destination[..Dimension], destination);
    }

    protected override void Encode(ReadOnlySpan<float> vector, byte* row)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(_layout.Length * (sizeof(float) + 1));
        fixed (byte* scratch = rented)
        {
            float* x = (float*)scratch;
            byte* codes = scratch + _layout.Length * sizeof(float);
            vector.CopyTo(new Span<float>(x, _layout.Length));
            new Span<float>(x, _layout.Length)[vector.Length..].Clear();
            VectorArithmetic.Subtract(x, _frame.Mean, _layout.Length);
            _frame.Rotation.Apply(x);
            float squaredNorm = VectorArithmetic.Product(x, x, _layout.Length);
            float scale = TCode.Encode(x, Dimension, _layout.Length, squaredNorm, codes);
            _layout.Pack(codes, row);
            bool isZero = squaredNorm < MinSquaredNorm;
            *(Row*)(row + _layout.CodeBytes) = new Row { Scale = isZero ? 0 : scale, SquaredNorm = isZero ? 0 : squaredNorm };
        }
        GC.KeepAlive(_frame);
        ArrayPool<byte>.Shared.Return(rented);
    }

    protected override VectorStore CreateEmpty(int capacity) =>
        new QuantizedVectorStore<TCode>(Dimension, Metric, new GrowableRows(RowBytes, capacity), _frame);

    private static CodeLayout Layout(int dimension)
    {
        if (dimension > MaxDimension)
            throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"Vectors have {dimension} components; with the codec {TCode.Codec} at most {MaxDimension}: use Float32 or Float16.");
        return new CodeLayout(dimension, TCode.Fields);
    }

    private static void Scale(ReadOnlySpan<float> vector, double factor, Span<float> destination)
    {
        for (int i = 0; i < vector.Length; i++)
            destination[i] = (float)(vector[i] * factor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Row ReadRow(byte* row) => *(Row*)(row + _layout.CodeBytes);

    // No product here is 0 times infinity and no sum infinity minus infinity: distances may overflow, but are never NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Distance(byte* prepared, byte* row)
    {
        Query query = *(Query*)prepared;
        Row stored = ReadRow(row);
        float product = stored.Scale * (query.Scale * TCode.Product((sbyte*)(prepared + QueryOffset), row, _layout.CodeBytes, query.Sum));
        return Metric == AnnMetric.L2 ? Math.Max(0, query.Offset + stored.SquaredNorm - 2 * product) : query.Offset - product;
    }

    // All lines of it: a row is too short for the hardware's own prefetcher.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prefetch(byte* row)
    {
        if (!Sse.IsSupported)
            return;
        byte* end = row + RowBytes;
        for (byte* line = row; line < end; line += MemoryBlock.Alignment)
            Sse.Prefetch0(line);
        Sse.Prefetch0(end - 1);
    }

    // Rounds the rotated query to bytes.
    private void FinishQuery(byte* prepared, float offset)
    {
        sbyte* components = (sbyte*)(prepared + QueryOffset);
        float scale = VectorArithmetic.RoundToInt8((float*)(prepared + VectorOffset), _layout.Length, components, out int sum);
        _layout.Spread(components);
        *(Query*)prepared = new Query { Scale = scale, Offset = offset, Sum = sum };
        GC.KeepAlive(_frame);
    }

    // For squared distances the codes themselves are the query.
    private void UseCodes(byte* prepared, byte* codes, Row stored)
    {
        sbyte* components = (sbyte*)(prepared + QueryOffset);
        int sum = 0;
        for (int i = 0; i < Dimension; i++)
        {
            components[i] = (sbyte)TCode.Value(codes[i]);
            sum += components[i];
        }
        new Span<sbyte>(components, _layout.Length)[Dimension..].Clear();
        _layout.Spread(components);
        *(Query*)prepared = new Query { Scale = stored.Scale, Offset = stored.SquaredNorm, Sum = sum };
    }

    // For products the mean belongs to the query as well.
    private void UseProducts(byte* prepared, byte* codes, float scale)
    {
        float* x = (float*)(prepared + VectorOffset);
        new Span<float>(x, _layout.Length).Clear();
        for (int i = 0; i < Dimension; i++)
            x[i] = scale * TCode.Value(codes[i]) + _frame.RotatedMean[i];
        FinishQuery(prepared, -VectorArithmetic.Product(x, _frame.RotatedMean, _layout.Length));
    }

    private void Decode(byte* codes, Row stored, float* x)
    {
        new Span<float>(x, _layout.Length).Clear();
        long squares = 0;
        for (int i = 0; i < Dimension; i++)
            squares += TCode.Value(codes[i]) * TCode.Value(codes[i]);
        if (stored.Scale == 0 || squares == 0)
            return;
        float scale = stored.SquaredNorm / (stored.Scale * squares);
        for (int i = 0; i < Dimension; i++)
            x[i] = scale * TCode.Value(codes[i]);
    }

    // What follows a row's codes.
    private struct Row
    {
        public float Scale;
        public float SquaredNorm;
    }

    // What precedes a query's components.
    private struct Query
    {
        public float Scale;
        public float Offset;
        public int Sum;
    }
}

// Which centroid is nearest to each of many vectors: where training spends its time. It is a product of two matrices: |x - c|² is
// |x|² - 2 x.c + |c|², of which |x|² is the same for all centroids of a vector, so 64 vectors at a time are multiplied with the
// centroids, laid out once in panels that carry the factor -2, and |c|² is what their sums start from. Under cosine and inner
// product it is -x.c. A vector's result does not depend on those it is computed with: copies go to the same centroid.
using System.Numerics;
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class NearestCentroids
{
    private const int RowsAtOnce = 64;

    // Centroids whose panels stay in the cache while the rows meet them.
    private const int ColumnsAtOnce = 256;

    private readonly int _count;
    private readonly int _dimension;
    private readonly AlignedBuffer _panels;
    private readonly AlignedBuffer _starts;

    /// <summary>Lays out centroids.</summary>
    /// <param name="centroids">The centroids, one after the other.</param>
    /// <param name="stride">Values from one to the next.</param>
    /// <param name="count">Number of centroids.</param>
    /// <param name="dimension">Components of a centroid.</param>
    /// <param name="comparesProducts">Whether the nearest is the one with the largest product, not that with the smallest distance.</param>
    public NearestCentroids(float* centroids, nint stride, int count, int dimension, bool comparesProducts)
    {
        _count = count;
        _dimension = dimension;
        int padded = FloatGemm.PaddedColumns(count);
        _panels = new AlignedBuffer((long)padded * dimension * sizeof(float));
        _starts = new AlignedBuffer((long)padded * sizeof(float), clear: true);
        FloatGemm.PackTransposed(centroids, stride, count, dimension, comparesProducts ? -1 : -2, (float*)_panels.Pointer);
        if (comparesProducts)
            return;
        for (int i = 0; i < count; i++)
            ((float*)_starts.Pointer)[i] = SquaredNorm(new ReadOnlySpan<float>(centroids + i * stride, dimension));
    }

    public long MemoryBytes => _panels.Length + _starts.Length;

    /// <summary>Finds the nearest centroid of vectors; of equally near ones the first.</summary>
    /// <param name="vectors">Where the vectors are.</param>
    /// <param name="slots">Their slots.</param>
    /// <param name="assigned">Receives a centroid for each.</param>
    /// <param name="threads">Threads to use; the result does not depend on it.</param>
    /// <param name="passes">Hears how many are done.</param>
    public void Assign(VectorStore vectors, ReadOnlyMemory<int> slots, Memory<int> assigned, int threads, BuildPasses passes)
    {
        Blocks.Run((slots.Length + RowsAtOnce - 1) / RowsAtOnce, threads, () => new Scratch(_dimension), (block, scratch) =>
        {
            int first = block * RowsAtOnce, count = Math.Min(RowsAtOnce, slots.Length - first);
            AssignBlock(vectors, slots.Span.Slice(first, count), assigned.Span.Slice(first, count), scratch);
            passes.Add(count);
        });
    }

    private void AssignBlock(VectorStore vectors, ReadOnlySpan<int> slots, Span<int> assigned, Scratch scratch)
    {
        float* rows = (float*)scratch.Rows.Pointer, sums = (float*)scratch.Sums.Pointer;
        for (int i = 0; i < slots.Length; i++)
            vectors.CopyVector(slots[i], new Span<float>(rows + (long)i * _dimension, _dimension));
        Span<float> best = stackalloc float[RowsAtOnce];
        best.Fill(float.PositiveInfinity);
        assigned.Clear();
        for (int first = 0; first < _count; first += ColumnsAtOnce)
        {
            int columns = Math.Min(ColumnsAtOnce, _count - first);
            FloatGemm.Multiply(
                rows, _dimension, slots.Length, _dimension, (float*)_panels.Pointer + (long)first * _dimension, columns, (float*)_starts.Pointer + first, sums, ColumnsAtOnce);
            for (int i = 0; i < slots.Length; i++)
                TakeSmaller(new ReadOnlySpan<float>(sums + i * ColumnsAtOnce, columns), first, ref best[i], ref assigned[i]);
        }
        GC.KeepAlive(this);
        GC.KeepAlive(scratch);
    }

    private static void TakeSmaller(ReadOnlySpan<float> values, int first, ref float best, ref int index)
    {
        float smallest = Smallest(values);
        if (!(smallest < best))
            return;
        best = smallest;
        index = first;
        while (values[index - first] != smallest)
            index++;
    }

    private static float Smallest(ReadOnlySpan<float> values)
    {
        float smallest = float.PositiveInfinity;
        int i = 0;
        if (values.Length >= Vector<float>.Count)
        {
            Vector<float> smaller = new(values);
            for (i = Vector<float>.Count; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
                smaller = Vector.MinNative(smaller, new Vector<float>(values[i..]));
            for (int lane = 0; lane < Vector<float>.Count; lane++)
                smallest = smaller[lane] < smallest ? smaller[lane] : smallest;
        }
        for (; i < values.Length; i++)
            smallest = values[i] < smallest ? values[i] : smallest;
        return smallest;
    }

    private static float SquaredNorm(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float x in vector)
            sum += (double)x * x;
        return (float)sum;
    }

    private sealed class Scratch(int dimension)
    {
        public AlignedBuffer Rows { get; } = new((long)RowsAtOnce * dimension * sizeof(float));

        public AlignedBuffer Sums { get; } = new(RowsAtOnce * ColumnsAtOnce * sizeof(float));
    }
}

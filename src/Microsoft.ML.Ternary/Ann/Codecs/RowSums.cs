// What the stores of float32 and float16 rows have in common: going through rows four at a time, and asking for the next ones from
// memory meanwhile.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Sums over the components of a query and of rows of <paramref name="rowBytes"/> bytes and <paramref name="length"/>
/// components, padding included.</summary>
internal readonly unsafe struct RowSums(byte* rows, int rowBytes, int length)
{
    // How much of a row is asked for ahead, in bytes. In a long row the hardware's own prefetcher follows after a few lines; a short
    // one has ended by then: out of cache, rows of 384 and 784 halves take 1.6 and 1.4 times as long with the few lines only.
    private readonly int _ahead = Math.Min(rowBytes, (rowBytes <= 2048 ? 16 : 4) * MemoryBlock.Alignment);

    /// <summary>The sums for rows in any order.</summary>
    public void Of<TTerm, TRow>(float* query, int* ids, int count, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            for (int next = i + 4; next < Math.Min(i + 8, count); next++)
                Prefetch(ids[next]);
            RowDistance.Four<TTerm, TRow>(query, Row(ids[i]), Row(ids[i + 1]), Row(ids[i + 2]), Row(ids[i + 3]), length, sums + i);
        }
        for (; i < count; i++)
            sums[i] = RowDistance.One<TTerm, TRow>(query, Row(ids[i]), length);
    }

    /// <summary>The sums for consecutive rows.</summary>
    public void InOrder<TTerm, TRow>(float* query, int first, int count, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        byte* row = Row(first);
        long stride = rowBytes;
        int i = 0;
        for (; i <= count - 4; i += 4, row += 4 * stride)
            RowDistance.Four<TTerm, TRow>(query, row, row + stride, row + 2 * stride, row + 3 * stride, length, sums + i);
        for (; i < count; i++, row += stride)
            sums[i] = RowDistance.One<TTerm, TRow>(query, row, length);
    }

    /// <summary>Distances from sums of products: a factor, which is negative.</summary>
    /// <remarks>Zero plus, because a sum of 0 shall give +0: ties among zeros stay ties.</remarks>
    public static void Scale(float* sums, int count, float factor)
    {
        for (int i = 0; i < count; i++)
            sums[i] = 0f + sums[i] * factor;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Row(int id) => rows + (long)id * rowBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prefetch(int id)
    {
        if (!Sse.IsSupported)
            return;
        byte* row = Row(id);
        for (int at = 0; at < _ahead; at += MemoryBlock.Alignment)
            Sse.Prefetch0(row + at);
    }
}

// The product with weights of two ternary digits for AVX-512: one pass over the codes -4 to 4, not one for each digit. A byte
// product multiplies 64 activations with their codes + 4 and adds them in pairs to 16-bit lanes; look-ups, which do three
// multiplications at once for one digit, would do one and a half here and want their tables first.
//
// A lane of 32 products of pairs holds at most 32 x 2 x 4 x 127 = 32,512 once the 4 Σ a that the codes' offset brings is gone, so
// lanes begin at minus that and may wrap around on the way. A panel of 48 outputs meets eight rows in 24 registers, for all
// inputs; the rows' codes and the panel's sums stay in the first-level cache.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed unsafe class Avx512TwoDigitGemm : TernaryGemm
{
    private const int BlockRows = 8;
    private const int VectorOutputs = 16;
    private const int PanelOutputs = 3 * VectorOutputs;

    // A pair of steps: 8 inputs of a panel, three registers of packed codes.
    private const int VectorBytes = 64;
    private const int PairBytes = 3 * VectorBytes;

    // A span: the inputs whose products a 16-bit lane holds.
    private const int SpanInputs = 128;
    private const int SpanPairs = SpanInputs / NibblePanels.PairInputs;

    // Bytes between the codes that are used and those that are asked for: half a microsecond of work on eight rows.
    private const int PrefetchDistance = 8192;

    private readonly AlignedBuffer<byte> _packed;
    private readonly int _pairs;
    private readonly int _spans;

    public Avx512TwoDigitGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias)
    {
        _packed = NibblePanels.Pack(matrix, PanelOutputs);
        _pairs = NibblePanels.Pairs(Inputs);
        _spans = (_pairs + SpanPairs - 1) / SpanPairs;
    }

    public override void Multiply(ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace)
    {
        workspace.Sums.Grow(checked(BlockRows * (PanelOutputs + _spans)));
        int* sums = workspace.Sums.Pointer, starts = sums + BlockRows * PanelOutputs;
        for (int row = firstRow; row < firstRow + rows; row += BlockRows)
        {
            int count = Math.Min(BlockRows, firstRow + rows - row);
            float* values = output.Begin(row, count, workspace);
            for (int m = 0; m < count; m++)
                MakeStarts(input.CodesOf(row + m), starts + m);
            byte* packed = _packed.Pointer;
            for (int n = 0; n < Outputs; n += PanelOutputs, packed += (nint)_pairs * PairBytes)
            {
                AddPanel(input.CodesOf(row), input.CodeStride, count, packed, starts, sums, isCold: row == firstRow);
                Finish(sums, PanelOutputs, input.ScalesOf(row), count, n, Math.Min(PanelOutputs, Outputs - n), values + n);
            }
            workspace.Times?.Add(Stage.Gemm);
            output.Finish(row, count, values, workspace);
        }
        GC.KeepAlive(this);
    }

    /// <summary>Writes where the lanes of a row begin in each span, two lanes an int, <see cref="BlockRows"/> ints apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MakeStarts(sbyte* activations, int* starts)
    {
        Vector512<byte> offsets = Vector512.Create((byte)NibblePanels.Offset);
        for (int k = 0; k < Inputs; k += SpanInputs, starts += BlockRows)
        {
            // Rows are padded with zeros to whole vectors, not to whole spans.
            Vector512<short> sums = MultiplyAddAdjacent(offsets, Vector512.Load(activations + k));
            if (k + VectorBytes < Inputs)
                sums += MultiplyAddAdjacent(offsets, Vector512.Load(activations + k + VectorBytes));
            Vector256<short> half = sums.GetLower() + sums.GetUpper();
            Vector128<short> quarter = half.GetLower() + half.GetUpper();
            quarter += Vector128.Shuffle(quarter.AsInt32(), Vector128.Create(2, 3, 0, 1)).AsInt16();
            quarter += Vector128.Shuffle(quarter.AsInt32(), Vector128.Create(1, 0, 3, 2)).AsInt16();
            *starts = (-quarter).AsInt32().ToScalar();
        }
    }

    /// <summary>Computes the sums of a panel's outputs over all inputs.</summary>
    private void AddPanel(sbyte* activations, nint stride, int rows, byte* packed, int* starts, int* sums, bool isCold)
    {
        for (int pair = 0; pair < _pairs; pair += SpanPairs)
        {
            int count = Math.Min(SpanPairs, _pairs - pair);
            AddSpan(activations, stride, rows, packed, count, starts, sums, isFirst: pair == 0, isCold);
            activations += SpanInputs;
            packed += SpanPairs * PairBytes;
            starts += BlockRows;
        }
    }

    private static void AddSpan(
        sbyte* activations, nint stride, int rows, byte* packed, int pairs, int* starts, int* sums, bool isFirst, bool isCold)
    {
        if (rows == BlockRows)
        {
            Rows8(activations, stride, packed, pairs, starts, sums, isFirst, isCold);
            return;
        }
        int row = 0;
        if (rows >= 4)
        {
            Rows4(activations, stride, packed, pairs, starts, sums, isFirst, isCold);
            row = 4;
        }
        if (row <= rows - 2)
        {
            Rows2(activations + row * stride, stride, packed, pairs, starts + row, sums + row * PanelOutputs, isFirst, isCold);
            row += 2;
        }
        if (row < rows)
            Row1(activations + row * stride, packed, pairs, starts + row, sums + row * PanelOutputs, isFirst, isCold);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(sbyte* a, nint stride, byte* packed, int pairs, int* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c00 = Start(starts), c01 = c00, c02 = c00, c10 = Start(starts + 1), c11 = c10, c12 = c10;
        Vector512<short> c20 = Start(starts + 2), c21 = c20, c22 = c20, c30 = Start(starts + 3), c31 = c30, c32 = c30;
        Vector512<short> c40 = Start(starts + 4), c41 = c40, c42 = c40, c50 = Start(starts + 5), c51 = c50, c52 = c50;
        Vector512<short> c60 = Start(starts + 6), c61 = c60, c62 = c60, c70 = Start(starts + 7), c71 = c70, c72 = c70;
        sbyte* a4 = a + 4 * stride;
        for (byte* end = packed + pairs * PairBytes; packed < end; packed += PairBytes, a += 8, a4 += 8)
        {
            if (isCold)
                Prefetch(packed);
            LoadFirst(packed, out Vector512<byte> w0, out Vector512<byte> w1, out Vector512<byte> w2);
            Step(a, w0, w1, w2, ref c00, ref c01, ref c02);
            Step(a + stride, w0, w1, w2, ref c10, ref c11, ref c12);
            Step(a + 2 * stride, w0, w1, w2, ref c20, ref c21, ref c22);
            Step(a + 3 * stride, w0, w1, w2, ref c30, ref c31, ref c32);
            Step(a4, w0, w1, w2, ref c40, ref c41, ref c42);
            Step(a4 + stride, w0, w1, w2, ref c50, ref c51, ref c52);
            Step(a4 + 2 * stride, w0, w1, w2, ref c60, ref c61, ref c62);
            Step(a4 + 3 * stride, w0, w1, w2, ref c70, ref c71, ref c72);
            LoadSecond(packed, out w0, out w1, out w2);
            Step(a + 4, w0, w1, w2, ref c00, ref c01, ref c02);
            Step(a + stride + 4, w0, w1, w2, ref c10, ref c11, ref c12);
            Step(a + 2 * stride + 4, w0, w1, w2, ref c20, ref c21, ref c22);
            Step(a + 3 * stride + 4, w0, w1, w2, ref c30, ref c31, ref c32);
            Step(a4 + 4, w0, w1, w2, ref c40, ref c41, ref c42);
            Step(a4 + stride + 4, w0, w1, w2, ref c50, ref c51, ref c52);
            Step(a4 + 2 * stride + 4, w0, w1, w2, ref c60, ref c61, ref c62);
            Step(a4 + 3 * stride + 4, w0, w1, w2, ref c70, ref c71, ref c72);
        }
        Fold(c00, c01, c02, sums, isFirst);
        Fold(c10, c11, c12, sums + PanelOutputs, isFirst);
        Fold(c20, c21, c22, sums + 2 * PanelOutputs, isFirst);
        Fold(c30, c31, c32, sums + 3 * PanelOutputs, isFirst);
        Fold(c40, c41, c42, sums + 4 * PanelOutputs, isFirst);
        Fold(c50, c51, c52, sums + 5 * PanelOutputs, isFirst);
        Fold(c60, c61, c62, sums + 6 * PanelOutputs, isFirst);
        Fold(c70, c71, c72, sums + 7 * PanelOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(sbyte* a, nint stride, byte* packed, int pairs, int* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c00 = Start(starts), c01 = c00, c02 = c00, c10 = Start(starts + 1), c11 = c10, c12 = c10;
        Vector512<short> c20 = Start(starts + 2), c21 = c20, c22 = c20, c30 = Start(starts + 3), c31 = c30, c32 = c30;
        for (byte* end = packed + pairs * PairBytes; packed < end; packed += PairBytes, a += 8)
        {
            if (isCold)
                Prefetch(packed);
            LoadFirst(packed, out Vector512<byte> w0, out Vector512<byte> w1, out Vector512<byte> w2);
            Step(a, w0, w1, w2, ref c00, ref c01, ref c02);
            Step(a + stride, w0, w1, w2, ref c10, ref c11, ref c12);
            Step(a + 2 * stride, w0, w1, w2, ref c20, ref c21, ref c22);
            Step(a + 3 * stride, w0, w1, w2, ref c30, ref c31, ref c32);
            LoadSecond(packed, out w0, out w1, out w2);
            Step(a + 4, w0, w1, w2, ref c00, ref c01, ref c02);
            Step(a + stride + 4, w0, w1, w2, ref c10, ref c11, ref c12);
            Step(a + 2 * stride + 4, w0, w1, w2, ref c20, ref c21, ref c22);
            Step(a + 3 * stride + 4, w0, w1, w2, ref c30, ref c31, ref c32);
        }
        Fold(c00, c01, c02, sums, isFirst);
        Fold(c10, c11, c12, sums + PanelOutputs, isFirst);
        Fold(c20, c21, c22, sums + 2 * PanelOutputs, isFirst);
        Fold(c30, c31, c32, sums + 3 * PanelOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(sbyte* a, nint stride, byte* packed, int pairs, int* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c00 = Start(starts), c01 = c00, c02 = c00, c10 = Start(starts + 1), c11 = c10, c12 = c10;
        for (byte* end = packed + pairs * PairBytes; packed < end; packed += PairBytes, a += 8)
        {
            if (isCold)
                Prefetch(packed);
            LoadFirst(packed, out Vector512<byte> w0, out Vector512<byte> w1, out Vector512<byte> w2);
            Step(a, w0, w1, w2, ref c00, ref c01, ref c02);
            Step(a + stride, w0, w1, w2, ref c10, ref c11, ref c12);
            LoadSecond(packed, out w0, out w1, out w2);
            Step(a + 4, w0, w1, w2, ref c00, ref c01, ref c02);
            Step(a + stride + 4, w0, w1, w2, ref c10, ref c11, ref c12);
        }
        Fold(c00, c01, c02, sums, isFirst);
        Fold(c10, c11, c12, sums + PanelOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1(sbyte* a, byte* packed, int pairs, int* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c0 = Start(starts), c1 = c0, c2 = c0;
        for (byte* end = packed + pairs * PairBytes; packed < end; packed += PairBytes, a += 8)
        {
            if (isCold)
                Prefetch(packed);
            LoadFirst(packed, out Vector512<byte> w0, out Vector512<byte> w1, out Vector512<byte> w2);
            Step(a, w0, w1, w2, ref c0, ref c1, ref c2);
            LoadSecond(packed, out w0, out w1, out w2);
            Step(a + 4, w0, w1, w2, ref c0, ref c1, ref c2);
        }
        Fold(c0, c1, c2, sums, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Start(int* start) => Vector512.Create(*start).AsInt16();

    /// <summary>The codes of the first four inputs of a pair of steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadFirst(byte* packed, out Vector512<byte> w0, out Vector512<byte> w1, out Vector512<byte> w2)
    {
        Vector512<byte> mask = Vector512.Create((byte)15);
        w0 = Vector512.Load(packed) & mask;
        w1 = Vector512.Load(packed + VectorBytes) & mask;
        w2 = Vector512.Load(packed + 2 * VectorBytes) & mask;
    }

    /// <summary>The codes of the second four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadSecond(byte* packed, out Vector512<byte> w0, out Vector512<byte> w1, out Vector512<byte> w2)
    {
        Vector512<byte> mask = Vector512.Create((byte)15);
        w0 = (Vector512.Load(packed).AsUInt16() >> 4).AsByte() & mask;
        w1 = (Vector512.Load(packed + VectorBytes).AsUInt16() >> 4).AsByte() & mask;
        w2 = (Vector512.Load(packed + 2 * VectorBytes).AsUInt16() >> 4).AsByte() & mask;
    }

    // The first rows of a call find the weights of a large model in memory; the processor's own prefetching stops at each page.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* packed)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(packed + PrefetchDistance);
        Sse.Prefetch1(packed + PrefetchDistance + VectorBytes);
        Sse.Prefetch1(packed + PrefetchDistance + 2 * VectorBytes);
    }

    /// <summary>Multiplies four inputs of one row with their codes for 48 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        sbyte* a, Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2,
        ref Vector512<short> c0, ref Vector512<short> c1, ref Vector512<short> c2)
    {
        Vector512<sbyte> x = Vector512.Create(*(int*)a).AsSByte();
        c0 += MultiplyAddAdjacent(w0, x);
        c1 += MultiplyAddAdjacent(w1, x);
        c2 += MultiplyAddAdjacent(w2, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(Vector512<short> c0, Vector512<short> c1, Vector512<short> c2, int* sums, bool isFirst)
    {
        Fold(c0, sums, isFirst);
        Fold(c1, sums + VectorOutputs, isFirst);
        Fold(c2, sums + 2 * VectorOutputs, isFirst);
    }

    /// <summary>Adds the two lanes of each output and adds that to its sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(Vector512<short> lanes, int* sums, bool isFirst)
    {
        Vector512<int> folded = AddAdjacent(lanes);
        if (!isFirst)
            folded += Vector512.Load(sums);
        folded.Store(sums);
    }

    /// <summary>a(2 i) b(2 i) + a(2 i + 1) b(2 i + 1) for each 16-bit lane i. With the portable forms, here and below, the tests
    /// run this class on processors without AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> MultiplyAddAdjacent(Vector512<byte> a, Vector512<sbyte> b) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(a, b)
            : (a.AsInt16() & Vector512.Create((short)byte.MaxValue)) * (b.AsInt16() << 8 >> 8) + (a.AsInt16() >>> 8) * (b.AsInt16() >> 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> AddAdjacent(Vector512<short> lanes) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(lanes, Vector512<short>.One)
            : (lanes.AsInt32() << 16 >> 16) + (lanes.AsInt32() >> 16);
}

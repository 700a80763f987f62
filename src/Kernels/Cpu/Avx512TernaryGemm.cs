// The ternary product for AVX-512. Three int8 activations have 27 signed sums, which fill one register as 16-bit numbers; a
// permutation then looks up 32 outputs at once, each doing the work of three multiplications. The tables of eight rows are made
// once and meet all weights; a 16-bit lane holds 28 words of look-ups: 28 x 3 x 3 x 127 = 32,004.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed unsafe class Avx512TernaryGemm : TernaryGemm
{
    private const int BlockRows = 8;
    private const int PanelOutputs = TripleIndexPanels.PanelOutputs;

    // Entries of a table: 27 sums and 5 that no index names.
    private const int TableLength = 32;

    // Words between two folds of the 16-bit lanes into 32-bit sums.
    private const int FoldWords = 28;

    private const byte Raise = 128;

    // The last word may reach past a row's end, and a pair of activations one byte further.
    private const int RowPadding = TripleIndexPanels.WordInputs + 1;

    // For each index its first two codes side by side, its last code and a zero, and 128 times the sum of the three.
    private static readonly Vector512<sbyte> FirstCodes = ByIndex(static codes => codes.C0, static codes => codes.C1);
    private static readonly Vector512<sbyte> LastCodes = ByIndex(static codes => codes.C2, static _ => 0);
    private static readonly Vector512<short> Excess = MultiplyAddAdjacent(Vector512.Create(Raise), FirstCodes) + MultiplyAddAdjacent(Vector512.Create(Raise), LastCodes);

    private readonly AlignedBuffer<ushort> _packed;

    public Avx512TernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias) => _packed = TripleIndexPanels.Pack(matrix);

    [SkipLocalsInit]
    public override void Multiply(ActivationBlock input, Span<float> output)
    {
        int triples = TripleIndexPanels.Words(Inputs) * TripleIndexPanels.TriplesPerWord;
        input.Scratch.Grow(checked(triples * BlockRows * TableLength));
        short* tables = input.Scratch.Pointer;
        byte* raised = stackalloc byte[input.CodeStride + RowPadding];
        fixed (sbyte* codes = input.Codes)
        fixed (float* y = output)
        {
            for (int row = 0; row < input.Rows;)
            {
                int rows = RowsAtOnce(input.Rows - row);
                for (int m = 0; m < rows; m++)
                    MakeTables(codes + (nint)(row + m) * input.CodeStride, input.CodeStride, raised, triples, tables + m * TableLength, rows * TableLength);
                MultiplyRows(input, row, rows, tables, y);
                row += rows;
            }
        }
        GC.KeepAlive(this);
        GC.KeepAlive(input);
    }

    private static int RowsAtOnce(int rows) => rows >= 8 ? 8 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;

    /// <summary>Writes the table of each three activations of a row, <paramref name="stride"/> entries apart.</summary>
    /// <remarks>The byte product wants one factor unsigned, so activations are raised by 128; what that adds to an entry,
    /// 128 x the sum of its codes, is taken off again.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MakeTables(sbyte* codes, int length, byte* raised, int triples, short* tables, int stride)
    {
        for (int k = 0; k < length; k += Vector256<byte>.Count)
            (Vector256.Load((byte*)codes + k) ^ Vector256.Create(Raise)).Store(raised + k);
        Unsafe.InitBlock(raised + length, Raise, RowPadding);
        Vector512<sbyte> firstCodes = FirstCodes, lastCodes = LastCodes;
        Vector512<short> excess = Excess;
        for (int t = 0; t < triples; t++, raised += 3, tables += stride)
        {
            Vector512<short> first = MultiplyAddAdjacent(Vector512.Create(*(short*)raised).AsByte(), firstCodes);
            Vector512<short> last = MultiplyAddAdjacent(Vector512.Create(*(short*)(raised + 2)).AsByte(), lastCodes);
            (first - excess + last).Store(tables);
        }
    }

    [SkipLocalsInit]
    private void MultiplyRows(ActivationBlock input, int row, int rows, short* tables, float* output)
    {
        int words = TripleIndexPanels.Words(Inputs);
        int* sums = stackalloc int[BlockRows * PanelOutputs];
        ushort* packed = _packed.Pointer;
        for (int n = 0; n < Outputs; n += PanelOutputs, packed += (nint)words * PanelOutputs)
        {
            Unsafe.InitBlock(sums, 0, (uint)(rows * PanelOutputs * sizeof(int)));
            for (int word = 0; word < words; word += FoldWords)
            {
                short* t = tables + (nint)word * TripleIndexPanels.TriplesPerWord * rows * TableLength;
                AddWords(rows, t, packed + word * PanelOutputs, Math.Min(FoldWords, words - word), sums);
            }
            int count = Math.Min(PanelOutputs, Outputs - n);
            for (int m = 0; m < rows; m++)
                Finish(sums + m * PanelOutputs, 0, input.CodeScales[row + m], n, count, output + (nint)(row + m) * Outputs + n);
        }
    }

    private static void AddWords(int rows, short* tables, ushort* packed, int words, int* sums)
    {
        switch (rows)
        {
            case 8: Rows8(tables, packed, words, sums); break;
            case 4: Rows4(tables, packed, words, sums); break;
            case 2: Rows2(tables, packed, words, sums); break;
            default: Rows1(tables, packed, words, sums); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(short* tables, ushort* packed, int words, int* sums)
    {
        Vector512<short> c00 = default, c01 = default, c02 = default, c10 = default, c11 = default, c12 = default;
        Vector512<short> c20 = default, c21 = default, c22 = default, c30 = default, c31 = default, c32 = default;
        Vector512<short> c40 = default, c41 = default, c42 = default, c50 = default, c51 = default, c52 = default;
        Vector512<short> c60 = default, c61 = default, c62 = default, c70 = default, c71 = default, c72 = default;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += 8 * TableLength)
            {
                LookUp(tables, i0, i1, i2, ref c00, ref c01, ref c02);
                LookUp(tables + TableLength, i0, i1, i2, ref c10, ref c11, ref c12);
                LookUp(tables + 2 * TableLength, i0, i1, i2, ref c20, ref c21, ref c22);
                LookUp(tables + 3 * TableLength, i0, i1, i2, ref c30, ref c31, ref c32);
                LookUp(tables + 4 * TableLength, i0, i1, i2, ref c40, ref c41, ref c42);
                LookUp(tables + 5 * TableLength, i0, i1, i2, ref c50, ref c51, ref c52);
                LookUp(tables + 6 * TableLength, i0, i1, i2, ref c60, ref c61, ref c62);
                LookUp(tables + 7 * TableLength, i0, i1, i2, ref c70, ref c71, ref c72);
                NextIndices(ref i0, ref i1, ref i2);
            }
        }
        Fold(c00, c01, c02, sums);
        Fold(c10, c11, c12, sums + PanelOutputs);
        Fold(c20, c21, c22, sums + 2 * PanelOutputs);
        Fold(c30, c31, c32, sums + 3 * PanelOutputs);
        Fold(c40, c41, c42, sums + 4 * PanelOutputs);
        Fold(c50, c51, c52, sums + 5 * PanelOutputs);
        Fold(c60, c61, c62, sums + 6 * PanelOutputs);
        Fold(c70, c71, c72, sums + 7 * PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(short* tables, ushort* packed, int words, int* sums)
    {
        Vector512<short> c00 = default, c01 = default, c02 = default, c10 = default, c11 = default, c12 = default;
        Vector512<short> c20 = default, c21 = default, c22 = default, c30 = default, c31 = default, c32 = default;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += 4 * TableLength)
            {
                LookUp(tables, i0, i1, i2, ref c00, ref c01, ref c02);
                LookUp(tables + TableLength, i0, i1, i2, ref c10, ref c11, ref c12);
                LookUp(tables + 2 * TableLength, i0, i1, i2, ref c20, ref c21, ref c22);
                LookUp(tables + 3 * TableLength, i0, i1, i2, ref c30, ref c31, ref c32);
                NextIndices(ref i0, ref i1, ref i2);
            }
        }
        Fold(c00, c01, c02, sums);
        Fold(c10, c11, c12, sums + PanelOutputs);
        Fold(c20, c21, c22, sums + 2 * PanelOutputs);
        Fold(c30, c31, c32, sums + 3 * PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(short* tables, ushort* packed, int words, int* sums)
    {
        Vector512<short> c00 = default, c01 = default, c02 = default, c10 = default, c11 = default, c12 = default;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += 2 * TableLength)
            {
                LookUp(tables, i0, i1, i2, ref c00, ref c01, ref c02);
                LookUp(tables + TableLength, i0, i1, i2, ref c10, ref c11, ref c12);
                NextIndices(ref i0, ref i1, ref i2);
            }
        }
        Fold(c00, c01, c02, sums);
        Fold(c10, c11, c12, sums + PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1(short* tables, ushort* packed, int words, int* sums)
    {
        Vector512<short> c0 = default, c1 = default, c2 = default;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += TableLength)
            {
                LookUp(tables, i0, i1, i2, ref c0, ref c1, ref c2);
                NextIndices(ref i0, ref i1, ref i2);
            }
        }
        Fold(c0, c1, c2, sums);
    }

    /// <summary>Adds one row's sums of three activations for 96 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LookUp(
        short* tables, Vector512<ushort> i0, Vector512<ushort> i1, Vector512<ushort> i2,
        ref Vector512<short> c0, ref Vector512<short> c1, ref Vector512<short> c2)
    {
        Vector512<short> table = Vector512.Load(tables);
        c0 += Permute(table, i0);
        c1 += Permute(table, i1);
        c2 += Permute(table, i2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void NextIndices(ref Vector512<ushort> i0, ref Vector512<ushort> i1, ref Vector512<ushort> i2)
    {
        i0 >>= TripleIndexPanels.IndexBits;
        i1 >>= TripleIndexPanels.IndexBits;
        i2 >>= TripleIndexPanels.IndexBits;
    }

    // The instruction reads the low 5 bits of each index; the portable form says so itself. With the portable forms, here and
    // below, the tests run this class on processors without AVX-512.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Permute(Vector512<short> table, Vector512<ushort> indices) =>
        Avx512BW.IsSupported
            ? Avx512BW.PermuteVar32x16(table, indices.AsInt16())
            : Vector512.Shuffle(table, indices.AsInt16() & Vector512.Create((short)(TableLength - 1)));

    /// <summary>a(2 i) b(2 i) + a(2 i + 1) b(2 i + 1) for each 16-bit lane i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> MultiplyAddAdjacent(Vector512<byte> a, Vector512<sbyte> b) =>
        Avx512BW.IsSupported
            ? Avx512BW.MultiplyAddAdjacent(a, b)
            : (a.AsInt16() & Vector512.Create((short)byte.MaxValue)) * (b.AsInt16() << 8 >> 8) + (a.AsInt16() >>> 8) * (b.AsInt16() >> 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(Vector512<short> c0, Vector512<short> c1, Vector512<short> c2, int* sums)
    {
        Fold(c0, sums);
        Fold(c1, sums + 32);
        Fold(c2, sums + 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(Vector512<short> lanes, int* sums)
    {
        (Vector512.WidenLower(lanes) + Vector512.Load(sums)).Store(sums);
        (Vector512.WidenUpper(lanes) + Vector512.Load(sums + 16)).Store(sums + 16);
    }

    private static Vector512<sbyte> ByIndex(Func<(int C0, int C1, int C2), int> even, Func<(int C0, int C1, int C2), int> odd)
    {
        Span<sbyte> bytes = stackalloc sbyte[2 * TableLength];
        for (int index = 0; index < TripleIndexPanels.Indices; index++)
        {
            bytes[2 * index] = (sbyte)even(TripleIndexPanels.Codes(index));
            bytes[2 * index + 1] = (sbyte)odd(TripleIndexPanels.Codes(index));
        }
        return Vector512.Create<sbyte>(bytes);
    }
}

// The ternary product for AVX-512. Three int8 activations have 27 signed sums, which fill one register as 16-bit numbers; a
// permutation then looks up 32 outputs at once, each doing the work of three multiplications. Tables are made for eight rows and
// 216 inputs at a time, meet all outputs while they are in the first-level cache, and the sums of the outputs wait in the second.
// A 16-bit lane holds a block of look-ups: 24 words x 3 x 3 x 127 = 27,432. The byte product that makes tables wants one factor
// unsigned, so entries are sums of (c + 1) a; lanes begin at minus the sum of the block's a and may wrap around on the way.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed unsafe class Avx512TernaryGemm : TernaryGemm
{
    private const int BlockRows = 8;
    private const int PanelOutputs = TripleIndexPanels.PanelOutputs;
    private const int VectorOutputs = TripleIndexPanels.VectorOutputs;
    private const int TableLength = TripleIndexPanels.Indices;

    // Words of outputs between what is used and what is asked for: 8 KB, half a microsecond of work on eight rows.
    private const int PrefetchDistance = 4096;

    // The place of codes (0, 0, 0): their number, 13, rotated.
    private const int ZerosPlace = 26;

    // A byte product of four activations with these gives, at even places, the sum of the first two with their codes, and at odd
    // places the third with its code. Odd places that no index names hold code -1, which no named one does.
    private static readonly Vector512<byte> Codes = MakeCodes();

    // For each place the one that holds the rest of its sum.
    private static readonly Vector512<ushort> Partners = MakePartners();

    private readonly AlignedBuffer<ushort> _packed;
    private readonly int _words;
    private readonly int _blockWords;
    private readonly int _paddedOutputs;

    public Avx512TernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias)
    {
        _packed = TripleIndexPanels.Pack(matrix);
        _words = TripleIndexPanels.Words(Inputs);
        _blockWords = TripleIndexPanels.BlockWords(Inputs);
        _paddedOutputs = TripleIndexPanels.PaddedOutputs(Outputs);
    }

    public override void Multiply(ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace)
    {
        workspace.Tables.Grow(_blockWords * TripleIndexPanels.TriplesPerWord * BlockRows * TableLength);
        workspace.Sums.Grow(checked(TripleIndexPanels.Panels(Outputs) * PanelOutputs * BlockRows));
        for (int row = firstRow; row < firstRow + rows; row += BlockRows)
        {
            int count = Math.Min(BlockRows, firstRow + rows - row);
            float* values = output.Begin(row, count, workspace);
            for (int word = 0; word < _words; word += _blockWords)
                MultiplyBlock(input, row, count, word, values, row == firstRow, workspace);
            output.Finish(row, count, values, workspace);
        }
        GC.KeepAlive(this);
    }

    /// <summary>Adds a block of inputs to the sums of all outputs, and after the last block writes the rows.</summary>
    private void MultiplyBlock(
        ActivationBlock input, int row, int rows, int word, float* values, bool isCold, LinearWorkspace workspace)
    {
        int words = Math.Min(_blockWords, _words - word);
        int tableRows = rows > 4 ? 8 : rows > 2 ? 4 : rows;
        short* tables = workspace.Tables.Pointer;
        sbyte* codes = input.CodesOf(row) + word * TripleIndexPanels.WordInputs;
        short* starts = stackalloc short[BlockRows];
        int triples = words * TripleIndexPanels.TriplesPerWord;
        if (rows == BlockRows)
            MakeTables8(codes, input.CodeStride, triples, tables, starts);
        else
        {
            for (int m = 0; m < rows; m++)
                MakeTables(codes + (nint)m * input.CodeStride, triples, tables + m * TableLength, tableRows * TableLength, starts + m);
        }
        workspace.Times?.Add(Stage.Tables);
        bool isFirst = word == 0, isLast = word + words == _words;
        ushort* packed = _packed.Pointer + (nint)word * _paddedOutputs;
        int* sums = workspace.Sums.Pointer;
        for (int n = 0; n < Outputs; n += PanelOutputs, sums += BlockRows * PanelOutputs)
        {
            int width = Math.Min(PanelOutputs, _paddedOutputs - n);
            AddPanel(tableRows, tables, packed, words, width, starts, sums, isFirst, isCold);
            packed += (nint)words * width;
            if (isLast)
                Finish(sums, PanelOutputs, input.ScalesOf(row), rows, n, Math.Min(width, Outputs - n), values + n);
        }
        workspace.Times?.Add(Stage.Gemm);
    }

    /// <summary>Writes the tables of each three activations of eight rows, a row's after another's, and where their lanes begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MakeTables8(sbyte* activations, nint stride, int triples, short* tables, short* starts)
    {
        Vector512<byte> codes = Codes;
        Vector512<ushort> partners = Partners;
        Vector512<short> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        sbyte* activations4 = activations + 4 * stride;
        for (short* end = tables + triples * 8 * TableLength; tables < end; tables += 8 * TableLength, activations += 3, activations4 += 3)
        {
            MakeTable(activations, codes, partners, tables, ref s0);
            MakeTable(activations + stride, codes, partners, tables + TableLength, ref s1);
            MakeTable(activations + 2 * stride, codes, partners, tables + 2 * TableLength, ref s2);
            MakeTable(activations + 3 * stride, codes, partners, tables + 3 * TableLength, ref s3);
            MakeTable(activations4, codes, partners, tables + 4 * TableLength, ref s4);
            MakeTable(activations4 + stride, codes, partners, tables + 5 * TableLength, ref s5);
            MakeTable(activations4 + 2 * stride, codes, partners, tables + 6 * TableLength, ref s6);
            MakeTable(activations4 + 3 * stride, codes, partners, tables + 7 * TableLength, ref s7);
        }
        (starts[0], starts[1], starts[2], starts[3]) = (Start(s0), Start(s1), Start(s2), Start(s3));
        (starts[4], starts[5], starts[6], starts[7]) = (Start(s4), Start(s5), Start(s6), Start(s7));
    }

    /// <summary>Writes the tables of each three activations of one row, <paramref name="stride"/> entries apart, and where its
    /// lanes begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MakeTables(sbyte* activations, int triples, short* tables, nint stride, short* start)
    {
        Vector512<byte> codes = Codes;
        Vector512<ushort> partners = Partners;
        Vector512<short> sums = default;
        for (int t = 0; t < triples; t++, activations += 3, tables += stride)
            MakeTable(activations, codes, partners, tables, ref sums);
        *start = Start(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MakeTable(
        sbyte* activations, Vector512<byte> codes, Vector512<ushort> partners, short* table, ref Vector512<short> sums)
    {
        Vector512<short> parts = MultiplyAddAdjacent(codes, Vector512.Create(*(int*)activations).AsSByte());
        Vector512<short> entries = parts + Permute(parts, partners);
        entries.Store(table);
        sums += entries;
    }

    // With codes 0, and so with factors 1, an entry is the sum of its activations.
    private static short Start(Vector512<short> sums) => (short)-sums.GetElement(ZerosPlace);

    private static void AddPanel(
        int rows, short* tables, ushort* packed, int words, int width, short* starts, int* sums, bool isFirst, bool isCold)
    {
        if (width == PanelOutputs)
        {
            switch (rows)
            {
                case 8: Rows8(tables, packed, words, starts, sums, isFirst, isCold); break;
                case 4: Rows4(tables, packed, words, starts, sums, isFirst, isCold); break;
                case 2: Rows2(tables, packed, words, starts, sums, isFirst, isCold); break;
                default: Rows1(tables, packed, words, starts, sums, isFirst, isCold); break;
            }
            return;
        }
        for (int n = 0; n < width; n += VectorOutputs)
        {
            for (int m = 0; m < rows; m += 4)
                Narrow(Math.Min(4, rows), tables + m * TableLength, rows * TableLength, packed + n, width, words, starts + m, sums + m * PanelOutputs + n, isFirst);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(short* tables, ushort* packed, int words, short* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c00 = Vector512.Create(starts[0]), c01 = c00, c02 = c00;
        Vector512<short> c10 = Vector512.Create(starts[1]), c11 = c10, c12 = c10;
        Vector512<short> c20 = Vector512.Create(starts[2]), c21 = c20, c22 = c20;
        Vector512<short> c30 = Vector512.Create(starts[3]), c31 = c30, c32 = c30;
        Vector512<short> c40 = Vector512.Create(starts[4]), c41 = c40, c42 = c40;
        Vector512<short> c50 = Vector512.Create(starts[5]), c51 = c50, c52 = c50;
        Vector512<short> c60 = Vector512.Create(starts[6]), c61 = c60, c62 = c60;
        Vector512<short> c70 = Vector512.Create(starts[7]), c71 = c70, c72 = c70;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            if (isCold)
                Prefetch(packed);
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
    private static void Rows4(short* tables, ushort* packed, int words, short* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c00 = Vector512.Create(starts[0]), c01 = c00, c02 = c00;
        Vector512<short> c10 = Vector512.Create(starts[1]), c11 = c10, c12 = c10;
        Vector512<short> c20 = Vector512.Create(starts[2]), c21 = c20, c22 = c20;
        Vector512<short> c30 = Vector512.Create(starts[3]), c31 = c30, c32 = c30;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            if (isCold)
                Prefetch(packed);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += 4 * TableLength)
            {
                LookUp(tables, i0, i1, i2, ref c00, ref c01, ref c02);
                LookUp(tables + TableLength, i0, i1, i2, ref c10, ref c11, ref c12);
                LookUp(tables + 2 * TableLength, i0, i1, i2, ref c20, ref c21, ref c22);
                LookUp(tables + 3 * TableLength, i0, i1, i2, ref c30, ref c31, ref c32);
                NextIndices(ref i0, ref i1, ref i2);
            }
        }
        Fold(c00, c01, c02, sums, isFirst);
        Fold(c10, c11, c12, sums + PanelOutputs, isFirst);
        Fold(c20, c21, c22, sums + 2 * PanelOutputs, isFirst);
        Fold(c30, c31, c32, sums + 3 * PanelOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(short* tables, ushort* packed, int words, short* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c00 = Vector512.Create(starts[0]), c01 = c00, c02 = c00;
        Vector512<short> c10 = Vector512.Create(starts[1]), c11 = c10, c12 = c10;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            if (isCold)
                Prefetch(packed);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += 2 * TableLength)
            {
                LookUp(tables, i0, i1, i2, ref c00, ref c01, ref c02);
                LookUp(tables + TableLength, i0, i1, i2, ref c10, ref c11, ref c12);
                NextIndices(ref i0, ref i1, ref i2);
            }
        }
        Fold(c00, c01, c02, sums, isFirst);
        Fold(c10, c11, c12, sums + PanelOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1(short* tables, ushort* packed, int words, short* starts, int* sums, bool isFirst, bool isCold)
    {
        Vector512<short> c00 = Vector512.Create(starts[0]), c01 = c00, c02 = c00;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
            if (isCold)
                Prefetch(packed);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += TableLength)
            {
                LookUp(tables, i0, i1, i2, ref c00, ref c01, ref c02);
                NextIndices(ref i0, ref i1, ref i2);
            }
        }
        Fold(c00, c01, c02, sums, isFirst);
    }

    /// <summary>Up to four rows of one vector of outputs, where a panel is not whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(
        int rows, short* tables, nint tableStride, ushort* packed, int width, int words, short* starts, int* sums, bool isFirst)
    {
        Vector512<short> c0 = Vector512.Create(starts[0]), c1 = Vector512.Create(starts[1]);
        Vector512<short> c2 = Vector512.Create(starts[2]), c3 = Vector512.Create(starts[3]);
        for (ushort* end = packed + words * width; packed < end; packed += width)
        {
            Vector512<ushort> indices = Vector512.Load(packed);
            for (int triple = 0; triple < TripleIndexPanels.TriplesPerWord; triple++, tables += tableStride)
            {
                c0 += Permute(Vector512.Load(tables), indices);
                if (rows > 1)
                    c1 += Permute(Vector512.Load(tables + TableLength), indices);
                if (rows > 2)
                {
                    c2 += Permute(Vector512.Load(tables + 2 * TableLength), indices);
                    c3 += Permute(Vector512.Load(tables + 3 * TableLength), indices);
                }
                indices >>= TripleIndexPanels.IndexBits;
            }
        }
        Fold(c0, sums, isFirst);
        if (rows > 1)
            Fold(c1, sums + PanelOutputs, isFirst);
        if (rows > 2)
        {
            Fold(c2, sums + 2 * PanelOutputs, isFirst);
            Fold(c3, sums + 3 * PanelOutputs, isFirst);
        }
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

    // The first rows of a call find the weights of a large model in memory; the processor's own prefetching stops at each page,
    // which a panel about fills.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(ushort* packed)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(packed + PrefetchDistance);
        Sse.Prefetch1(packed + PrefetchDistance + VectorOutputs);
        Sse.Prefetch1(packed + PrefetchDistance + 2 * VectorOutputs);
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
    private static void Fold(Vector512<short> c0, Vector512<short> c1, Vector512<short> c2, int* sums, bool isFirst)
    {
        Fold(c0, sums, isFirst);
        Fold(c1, sums + VectorOutputs, isFirst);
        Fold(c2, sums + 2 * VectorOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(Vector512<short> lanes, int* sums, bool isFirst)
    {
        Vector512<int> low = Vector512.WidenLower(lanes), high = Vector512.WidenUpper(lanes);
        if (!isFirst)
        {
            low += Vector512.Load(sums);
            high += Vector512.Load(sums + 16);
        }
        low.Store(sums);
        high.Store(sums + 16);
    }

    private static Vector512<byte> MakeCodes()
    {
        Span<byte> bytes = stackalloc byte[2 * TableLength];
        for (int number = 0; number < TableLength; number++)
        {
            int place = TripleIndexPanels.Index(number);
            (int c0, int c1, int c2) = TripleIndexPanels.Codes(number);
            bool isEven = place % 2 == 0;
            bytes[2 * place] = (byte)(isEven ? c0 + 1 : number < TripleIndexPanels.Numbers ? c2 + 1 : 0);
            bytes[2 * place + 1] = (byte)(isEven ? c1 + 1 : 0);
        }
        return Vector512.Create<byte>(bytes);
    }

    // Numbers 0 to 8 hold each pair of first codes; among odd places 27 holds third code -1, 16 holds 0 and 26 holds 1.
    private static Vector512<ushort> MakePartners()
    {
        Span<ushort> partners = stackalloc ushort[TableLength];
        for (int number = 0; number < TableLength; number++)
        {
            int place = TripleIndexPanels.Index(number);
            int partner = place % 2 != 0 ? number % 9 : number < 9 ? 27 : number < 18 ? 16 : 26;
            partners[place] = (ushort)TripleIndexPanels.Index(partner);
        }
        return Vector512.Create<ushort>(partners);
    }
}

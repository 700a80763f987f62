// The ternary product for AVX-512. Three int8 activations have 27 signed sums, which fill one register as 16-bit numbers; a
// permutation then looks up 32 outputs at once, each doing the work of three multiplications. Tables are made for eight rows and
// 216 inputs at a time, meet all outputs while they are in the first-level cache, and the sums of the outputs wait in the second.
// A 16-bit lane holds a block of look-ups: 24 words x 3 x 3 x 127 = 27,432.
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
    private const byte Raise = 128;

    // The last word may reach past a row's end, and four activations are read where three are used.
    private const int RowPadding = TripleIndexPanels.WordInputs + 4;

    // A byte product of four activations with these gives, at even places, the sums of the first two with their codes, and at
    // odd places the third with its code. Odd places that no index names hold code -1, which no named one does.
    private static readonly Vector512<sbyte> Codes = MakeCodes();

    // For each place the one that holds the rest of its sum, and 128 times the sum of its three codes.
    private static readonly Vector512<short> Partners = MakePartners();
    private static readonly Vector512<short> Excess =
        MultiplyAddAdjacent(Vector512.Create(Raise), Codes) + Permute(MultiplyAddAdjacent(Vector512.Create(Raise), Codes), Partners.AsUInt16());

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
            RaiseRows(input, row, count, workspace);
            float* values = output.Begin(row, count, workspace);
            for (int word = 0; word < _words; word += _blockWords)
                MultiplyBlock(input, row, count, word, values, workspace);
            output.Finish(row, count, values, workspace);
        }
        GC.KeepAlive(this);
    }

    /// <summary>The byte product wants one factor unsigned, so activations are raised by 128; what that adds to an entry of a
    /// table is taken off again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RaiseRows(ActivationBlock input, int row, int rows, LinearWorkspace workspace)
    {
        int length = input.CodeStride;
        workspace.Raised.Grow(checked(BlockRows * (length + ActivationBlock.CodeAlignment)));
        for (int m = 0; m < rows; m++)
        {
            sbyte* codes = input.CodesOf(row + m);
            byte* raised = RaisedRow(workspace, length, m);
            for (int k = 0; k < length; k += Vector512<byte>.Count)
                (Vector512.Load((byte*)codes + k) ^ Vector512.Create(Raise)).Store(raised + k);
            Unsafe.InitBlock(raised + length, Raise, RowPadding);
        }
    }

    private static byte* RaisedRow(LinearWorkspace workspace, int length, int row) =>
        workspace.Raised.Pointer + (nint)row * (length + ActivationBlock.CodeAlignment);

    /// <summary>Adds a block of inputs to the sums of all outputs, and after the last block writes the rows.</summary>
    private void MultiplyBlock(ActivationBlock input, int row, int rows, int word, float* values, LinearWorkspace workspace)
    {
        int words = Math.Min(_blockWords, _words - word);
        int tableRows = rows > 4 ? 8 : rows > 2 ? 4 : rows;
        short* tables = workspace.Tables.Pointer;
        for (int m = 0; m < rows; m++)
        {
            byte* raised = RaisedRow(workspace, input.CodeStride, m) + word * TripleIndexPanels.WordInputs;
            MakeTables(raised, words * TripleIndexPanels.TriplesPerWord, tables + m * TableLength, tableRows * TableLength);
        }
        workspace.Times?.Add(Stage.Tables);
        bool isFirst = word == 0, isLast = word + words == _words;
        ushort* packed = _packed.Pointer + (nint)word * _paddedOutputs;
        int* sums = workspace.Sums.Pointer;
        for (int n = 0; n < Outputs; n += PanelOutputs, sums += BlockRows * PanelOutputs)
        {
            int width = Math.Min(PanelOutputs, _paddedOutputs - n);
            AddPanel(tableRows, tables, packed, words, width, sums, isFirst);
            packed += (nint)words * width;
            if (isLast)
                Finish(sums, PanelOutputs, input.ScalesOf(row), rows, n, Math.Min(width, Outputs - n), values + n);
        }
        workspace.Times?.Add(Stage.Gemm);
    }

    /// <summary>Writes the table of each three activations of a row, <paramref name="stride"/> entries apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MakeTables(byte* raised, int triples, short* tables, nint stride)
    {
        Vector512<sbyte> codes = Codes;
        Vector512<short> partners = Partners, excess = Excess;
        for (int t = 0; t < triples; t++, raised += 3, tables += stride)
        {
            Vector512<short> parts = MultiplyAddAdjacent(Vector512.Create(*(int*)raised).AsByte(), codes);
            (parts - excess + Permute(parts, partners.AsUInt16())).Store(tables);
        }
    }

    private static void AddPanel(int rows, short* tables, ushort* packed, int words, int width, int* sums, bool isFirst)
    {
        if (width == PanelOutputs)
        {
            switch (rows)
            {
                case 8: Rows8(tables, packed, words, sums, isFirst); break;
                case 4: Rows4(tables, packed, words, sums, isFirst); break;
                case 2: Rows2(tables, packed, words, sums, isFirst); break;
                default: Rows1(tables, packed, words, sums, isFirst); break;
            }
            return;
        }
        for (int n = 0; n < width; n += VectorOutputs)
        {
            for (int m = 0; m < rows; m += 4)
                Narrow(Math.Min(4, rows), tables + m * TableLength, rows * TableLength, packed + n, width, words, sums + m * PanelOutputs + n, isFirst);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(short* tables, ushort* packed, int words, int* sums, bool isFirst)
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
    private static void Rows4(short* tables, ushort* packed, int words, int* sums, bool isFirst)
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
        Fold(c00, c01, c02, sums, isFirst);
        Fold(c10, c11, c12, sums + PanelOutputs, isFirst);
        Fold(c20, c21, c22, sums + 2 * PanelOutputs, isFirst);
        Fold(c30, c31, c32, sums + 3 * PanelOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(short* tables, ushort* packed, int words, int* sums, bool isFirst)
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
        Fold(c00, c01, c02, sums, isFirst);
        Fold(c10, c11, c12, sums + PanelOutputs, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1(short* tables, ushort* packed, int words, int* sums, bool isFirst)
    {
        Vector512<short> c00 = default, c01 = default, c02 = default;
        for (ushort* end = packed + words * PanelOutputs; packed < end; packed += PanelOutputs)
        {
            Vector512<ushort> i0 = Vector512.Load(packed), i1 = Vector512.Load(packed + 32), i2 = Vector512.Load(packed + 64);
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
    private static void Narrow(int rows, short* tables, nint tableStride, ushort* packed, int width, int words, int* sums, bool isFirst)
    {
        Vector512<short> c0 = default, c1 = default, c2 = default, c3 = default;
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

    private static Vector512<sbyte> MakeCodes()
    {
        Span<sbyte> bytes = stackalloc sbyte[2 * TableLength];
        for (int number = 0; number < TableLength; number++)
        {
            int place = TripleIndexPanels.Index(number);
            (int c0, int c1, int c2) = TripleIndexPanels.Codes(number);
            bool isEven = place % 2 == 0;
            bytes[2 * place] = (sbyte)(isEven ? c0 : number < TripleIndexPanels.Numbers ? c2 : -1);
            bytes[2 * place + 1] = (sbyte)(isEven ? c1 : 0);
        }
        return Vector512.Create<sbyte>(bytes);
    }

    // Numbers 0 to 8 hold each pair of first codes; among odd places 27 holds third code -1, 16 holds 0 and 26 holds 1.
    private static Vector512<short> MakePartners()
    {
        Span<short> partners = stackalloc short[TableLength];
        for (int number = 0; number < TableLength; number++)
        {
            int place = TripleIndexPanels.Index(number);
            int partner = place % 2 != 0 ? number % 9 : number < 9 ? 27 : number < 18 ? 16 : 26;
            partners[place] = (short)TripleIndexPanels.Index(partner);
        }
        return Vector512.Create<short>(partners);
    }
}

// The ternary product for Arm64. A dot-product instruction multiplies four int8 inputs with four codes for each of four outputs
// and adds them to 32-bit sums, so nothing overflows and nothing is folded; with codes c + 1 in 0 to 2, or c + 4 in 0 to 8 where
// weights have two digits, Σ (c + 1) a - Σ a, or Σ (c + 4) a - 4 Σ a, is the sum sought. Codes are widened to bytes a strip at a time, small enough for the first-level cache, and meet up to 96 rows
// there, four at a time in registers. Processors without the dot product (before Armv8.2) multiply and add in two widths instead.
//
// This kernel has not run on Arm hardware: its portable form is tested on x86, its Arm instructions under emulation, its speed
// not at all.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed unsafe class NeonTernaryGemm : TernaryGemm
{
    private const int PanelOutputs = TwoBitPanels.PanelOutputs;
    private const int BlockInputs = TwoBitPanels.BlockInputs;

    // A step: four inputs for each of 16 outputs, a byte a code. A block of packed codes makes four.
    private const int StepBytes = 4 * PanelOutputs;
    private const int WideBlockBytes = 4 * StepBytes;

    // A strip: 16 outputs x 256 inputs. It and the rows that meet it before the next one is widened fill a first-level cache of 32 KB.
    private const int StripBlocks = 256 / BlockInputs;
    private const int StripBytes = StripBlocks * WideBlockBytes;
    private const int ChunkRows = 96;

    private readonly AlignedBuffer<byte> _packed;
    private readonly bool _isTwoDigit;

    // What is added to a code, and the packed bytes of 16 inputs.
    private readonly int _offset;
    private readonly int _blockBytes;

    public NeonTernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias)
    {
        _isTwoDigit = matrix.Digits == 2;
        _offset = matrix.LargestCode;
        _packed = _isTwoDigit ? NibblePanels.Pack(matrix, PanelOutputs) : TwoBitPanels.Pack(matrix);
        _blockBytes = _isTwoDigit ? 2 * TwoBitPanels.BlockBytes : TwoBitPanels.BlockBytes;
    }

    [SkipLocalsInit]
    public override void Multiply(ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace)
    {
        byte* memory = stackalloc byte[StripBytes + ChunkRows * PanelOutputs * sizeof(int) + 63];
        byte* strip = (byte*)(((nint)memory + 63) & ~63);
        int* sums = (int*)(strip + StripBytes);
        for (int row = firstRow; row < firstRow + rows; row += ChunkRows)
        {
            int count = Math.Min(ChunkRows, firstRow + rows - row);
            float* values = output.Begin(row, count, workspace);
            for (int n = 0; n < Outputs; n += PanelOutputs)
            {
                Accumulate(input.CodesOf(row), input.CodeStride, count, n / PanelOutputs, strip, sums);
                FinishPanel(input, row, count, n, sums, values + n);
            }
            workspace.Times?.Add(Stage.Gemm);
            output.Finish(row, count, values, workspace);
        }
        GC.KeepAlive(this);
    }

    /// <summary>sums[row, n] = Σ (c + offset) a over all inputs, for the 16 outputs of a panel.</summary>
    private void Accumulate(sbyte* codes, nint stride, int rows, int panel, byte* strip, int* sums)
    {
        int blocks = TwoBitPanels.Blocks(Inputs);
        byte* packed = _packed.Pointer + (nint)panel * blocks * _blockBytes;
        Unsafe.InitBlock(sums, 0, (uint)(rows * PanelOutputs * sizeof(int)));
        if (rows == 1)
        {
            // One row is done before its codes could be widened and read back.
            if (_isTwoDigit)
                Row1Nibbles(codes, packed, 2 * blocks, sums);
            else
                Row1Packed(codes, packed, blocks, sums);
            return;
        }
        for (int block = 0; block < blocks; block += StripBlocks)
        {
            int count = Math.Min(StripBlocks, blocks - block);
            Widen(packed + (nint)block * _blockBytes, count, strip);
            MultiplyStrip(codes + block * BlockInputs, stride, rows, (sbyte*)strip, count, sums);
        }
    }

    private void Widen(byte* packed, int blocks, byte* strip)
    {
        if (_isTwoDigit)
            WidenNibbles(packed, 2 * blocks, strip);
        else
            WidenTwoBit(packed, blocks, strip);
    }

    private void FinishPanel(ActivationBlock input, int row, int rows, int n, int* sums, float* output)
    {
        int count = Math.Min(PanelOutputs, Outputs - n);
        int* excesses = input.SumsOf(row);
        float* rowScales = input.ScalesOf(row);
        for (int m = 0; m < rows; m++, sums += PanelOutputs, output += Outputs)
        {
            if (count == PanelOutputs)
                FinishWholeRow(sums, _offset * excesses[m], rowScales[m], n, output);
            else
                Finish(sums, _offset * excesses[m], rowScales[m], n, count, output);
        }
    }

    /// <summary>What <see cref="TernaryGemm.Finish(int*, int, float, int, int, float*)"/> does, for 16 outputs in this machine's vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FinishWholeRow(int* sums, int excess, float rowScale, int first, float* output)
    {
        float* scales = Scales.Pointer + first, bias = Bias.Pointer + first;
        for (int n = 0; n < PanelOutputs; n += Vector128<float>.Count)
        {
            Vector128<float> sum = Vector128.ConvertToSingle(Vector128.Load(sums + n) - Vector128.Create(excess));
            Vector128.FusedMultiplyAdd(sum, Vector128.Load(scales + n) * rowScale, Vector128.Load(bias + n)).Store(output + n);
        }
    }

    /// <summary>Turns blocks of 2-bit codes into steps of bytes: each shift uncovers the codes of another four inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenTwoBit(byte* packed, int blocks, byte* strip)
    {
        Vector128<byte> mask = Vector128.Create((byte)3);
        for (byte* end = packed + blocks * TwoBitPanels.BlockBytes; packed < end; packed += TwoBitPanels.BlockBytes, strip += WideBlockBytes)
        {
            for (int at = 0; at < StepBytes; at += Vector128<byte>.Count)
            {
                Vector128<byte> codes = Vector128.Load(packed + at);
                (codes & mask).Store(strip + at);
                ((codes >>> 2) & mask).Store(strip + StepBytes + at);
                ((codes >>> 4) & mask).Store(strip + 2 * StepBytes + at);
                (codes >>> 6).Store(strip + 3 * StepBytes + at);
            }
        }
    }

    /// <summary>Turns pairs of steps of 4-bit codes into steps of bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenNibbles(byte* packed, int pairs, byte* strip)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        for (byte* end = packed + pairs * StepBytes; packed < end; packed += StepBytes, strip += 2 * StepBytes)
        {
            for (int at = 0; at < StepBytes; at += Vector128<byte>.Count)
            {
                Vector128<byte> codes = Vector128.Load(packed + at);
                (codes & mask).Store(strip + at);
                (codes >>> 4).Store(strip + StepBytes + at);
            }
        }
    }

    private static void MultiplyStrip(sbyte* a, nint stride, int rows, sbyte* strip, int blocks, int* sums)
    {
        int row = 0;
        for (; row <= rows - 4; row += 4)
            Rows4(a + row * stride, stride, strip, blocks, sums + row * PanelOutputs);
        if (row <= rows - 2)
        {
            Rows2(a + row * stride, stride, strip, blocks, sums + row * PanelOutputs);
            row += 2;
        }
        if (row < rows)
            Row1(a + row * stride, strip, blocks, sums + row * PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(sbyte* a, nint stride, sbyte* strip, int blocks, int* sums)
    {
        Vector128<int> c00 = default, c01 = default, c02 = default, c03 = default, c10 = default, c11 = default, c12 = default, c13 = default;
        Vector128<int> c20 = default, c21 = default, c22 = default, c23 = default, c30 = default, c31 = default, c32 = default, c33 = default;
        for (sbyte* end = strip + blocks * WideBlockBytes; strip < end; strip += WideBlockBytes, a += BlockInputs)
        {
            Vector128<sbyte> x0 = Vector128.Load(a), x1 = Vector128.Load(a + stride);
            Vector128<sbyte> x2 = Vector128.Load(a + 2 * stride), x3 = Vector128.Load(a + 3 * stride);
            Load(strip, out Vector128<sbyte> w0, out Vector128<sbyte> w1, out Vector128<sbyte> w2, out Vector128<sbyte> w3);
            Step(x0, 0, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 0, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Step(x2, 0, w0, w1, w2, w3, ref c20, ref c21, ref c22, ref c23);
            Step(x3, 0, w0, w1, w2, w3, ref c30, ref c31, ref c32, ref c33);
            Load(strip + StepBytes, out w0, out w1, out w2, out w3);
            Step(x0, 1, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 1, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Step(x2, 1, w0, w1, w2, w3, ref c20, ref c21, ref c22, ref c23);
            Step(x3, 1, w0, w1, w2, w3, ref c30, ref c31, ref c32, ref c33);
            Load(strip + 2 * StepBytes, out w0, out w1, out w2, out w3);
            Step(x0, 2, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 2, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Step(x2, 2, w0, w1, w2, w3, ref c20, ref c21, ref c22, ref c23);
            Step(x3, 2, w0, w1, w2, w3, ref c30, ref c31, ref c32, ref c33);
            Load(strip + 3 * StepBytes, out w0, out w1, out w2, out w3);
            Step(x0, 3, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 3, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Step(x2, 3, w0, w1, w2, w3, ref c20, ref c21, ref c22, ref c23);
            Step(x3, 3, w0, w1, w2, w3, ref c30, ref c31, ref c32, ref c33);
        }
        Add(c00, c01, c02, c03, sums);
        Add(c10, c11, c12, c13, sums + PanelOutputs);
        Add(c20, c21, c22, c23, sums + 2 * PanelOutputs);
        Add(c30, c31, c32, c33, sums + 3 * PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(sbyte* a, nint stride, sbyte* strip, int blocks, int* sums)
    {
        Vector128<int> c00 = default, c01 = default, c02 = default, c03 = default, c10 = default, c11 = default, c12 = default, c13 = default;
        for (sbyte* end = strip + blocks * WideBlockBytes; strip < end; strip += WideBlockBytes, a += BlockInputs)
        {
            Vector128<sbyte> x0 = Vector128.Load(a), x1 = Vector128.Load(a + stride);
            Load(strip, out Vector128<sbyte> w0, out Vector128<sbyte> w1, out Vector128<sbyte> w2, out Vector128<sbyte> w3);
            Step(x0, 0, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 0, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Load(strip + StepBytes, out w0, out w1, out w2, out w3);
            Step(x0, 1, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 1, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Load(strip + 2 * StepBytes, out w0, out w1, out w2, out w3);
            Step(x0, 2, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 2, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Load(strip + 3 * StepBytes, out w0, out w1, out w2, out w3);
            Step(x0, 3, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Step(x1, 3, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
        }
        Add(c00, c01, c02, c03, sums);
        Add(c10, c11, c12, c13, sums + PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1(sbyte* a, sbyte* strip, int blocks, int* sums)
    {
        Vector128<int> c0 = default, c1 = default, c2 = default, c3 = default;
        for (sbyte* end = strip + blocks * WideBlockBytes; strip < end; strip += WideBlockBytes, a += BlockInputs)
        {
            Vector128<sbyte> x = Vector128.Load(a);
            Load(strip, out Vector128<sbyte> w0, out Vector128<sbyte> w1, out Vector128<sbyte> w2, out Vector128<sbyte> w3);
            Step(x, 0, w0, w1, w2, w3, ref c0, ref c1, ref c2, ref c3);
            Load(strip + StepBytes, out w0, out w1, out w2, out w3);
            Step(x, 1, w0, w1, w2, w3, ref c0, ref c1, ref c2, ref c3);
            Load(strip + 2 * StepBytes, out w0, out w1, out w2, out w3);
            Step(x, 2, w0, w1, w2, w3, ref c0, ref c1, ref c2, ref c3);
            Load(strip + 3 * StepBytes, out w0, out w1, out w2, out w3);
            Step(x, 3, w0, w1, w2, w3, ref c0, ref c1, ref c2, ref c3);
        }
        Add(c0, c1, c2, c3, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1Packed(sbyte* a, byte* packed, int blocks, int* sums)
    {
        Vector128<byte> mask = Vector128.Create((byte)3);
        Vector128<int> c0 = default, c1 = default, c2 = default, c3 = default;
        for (byte* end = packed + blocks * TwoBitPanels.BlockBytes; packed < end; packed += TwoBitPanels.BlockBytes, a += BlockInputs)
        {
            Vector128<sbyte> x = Vector128.Load(a);
            Vector128<byte> p0 = Vector128.Load(packed), p1 = Vector128.Load(packed + 16), p2 = Vector128.Load(packed + 32), p3 = Vector128.Load(packed + 48);
            Step(x, 0, Codes(p0, mask), Codes(p1, mask), Codes(p2, mask), Codes(p3, mask), ref c0, ref c1, ref c2, ref c3);
            Step(x, 1, Codes(p0 >>> 2, mask), Codes(p1 >>> 2, mask), Codes(p2 >>> 2, mask), Codes(p3 >>> 2, mask), ref c0, ref c1, ref c2, ref c3);
            Step(x, 2, Codes(p0 >>> 4, mask), Codes(p1 >>> 4, mask), Codes(p2 >>> 4, mask), Codes(p3 >>> 4, mask), ref c0, ref c1, ref c2, ref c3);
            Step(x, 3, Codes(p0 >>> 6, mask), Codes(p1 >>> 6, mask), Codes(p2 >>> 6, mask), Codes(p3 >>> 6, mask), ref c0, ref c1, ref c2, ref c3);
        }
        Add(c0, c1, c2, c3, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1Nibbles(sbyte* a, byte* packed, int pairs, int* sums)
    {
        Vector128<byte> mask = Vector128.Create((byte)15);
        Vector128<int> c0 = default, c1 = default, c2 = default, c3 = default;
        for (byte* end = packed + pairs * StepBytes; packed < end; packed += 2 * StepBytes, a += BlockInputs)
        {
            Vector128<sbyte> x = Vector128.Load(a);
            Vector128<byte> p0 = Vector128.Load(packed), p1 = Vector128.Load(packed + 16), p2 = Vector128.Load(packed + 32), p3 = Vector128.Load(packed + 48);
            Step(x, 0, Codes(p0, mask), Codes(p1, mask), Codes(p2, mask), Codes(p3, mask), ref c0, ref c1, ref c2, ref c3);
            Step(x, 1, (p0 >>> 4).AsSByte(), (p1 >>> 4).AsSByte(), (p2 >>> 4).AsSByte(), (p3 >>> 4).AsSByte(), ref c0, ref c1, ref c2, ref c3);
            p0 = Vector128.Load(packed + StepBytes);
            p1 = Vector128.Load(packed + StepBytes + 16);
            p2 = Vector128.Load(packed + StepBytes + 32);
            p3 = Vector128.Load(packed + StepBytes + 48);
            Step(x, 2, Codes(p0, mask), Codes(p1, mask), Codes(p2, mask), Codes(p3, mask), ref c0, ref c1, ref c2, ref c3);
            Step(x, 3, (p0 >>> 4).AsSByte(), (p1 >>> 4).AsSByte(), (p2 >>> 4).AsSByte(), (p3 >>> 4).AsSByte(), ref c0, ref c1, ref c2, ref c3);
        }
        Add(c0, c1, c2, c3, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Codes(Vector128<byte> packed, Vector128<byte> mask) => (packed & mask).AsSByte();

    /// <summary>The codes of a step, those of four outputs a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(
        sbyte* step, out Vector128<sbyte> w0, out Vector128<sbyte> w1, out Vector128<sbyte> w2, out Vector128<sbyte> w3)
    {
        w0 = Vector128.Load(step);
        w1 = Vector128.Load(step + 16);
        w2 = Vector128.Load(step + 32);
        w3 = Vector128.Load(step + 48);
    }

    /// <summary>Multiplies four of the 16 inputs of one row with their codes for 16 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        Vector128<sbyte> x, [ConstantExpected(Max = (byte)3)] byte four, Vector128<sbyte> w0, Vector128<sbyte> w1, Vector128<sbyte> w2, Vector128<sbyte> w3,
        ref Vector128<int> c0, ref Vector128<int> c1, ref Vector128<int> c2, ref Vector128<int> c3)
    {
        c0 = AddProducts(c0, w0, x, four);
        c1 = AddProducts(c1, w1, x, four);
        c2 = AddProducts(c2, w2, x, four);
        c3 = AddProducts(c3, w3, x, four);
    }

    /// <summary>sums(n) + Σ over j of w(4 n + j) x(4 four + j), j = 0 to 3. With the portable form the tests run this class on any
    /// processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> AddProducts(Vector128<int> sums, Vector128<sbyte> w, Vector128<sbyte> x, [ConstantExpected(Max = (byte)3)] byte four)
    {
        if (Dp.IsSupported)
            return Dp.DotProductBySelectedQuadruplet(sums, w, x, four);
        if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<sbyte> inputs = AdvSimd.DuplicateSelectedScalarToVector128(x.AsInt32(), four).AsSByte();
            Vector128<short> low = AdvSimd.MultiplyWideningLower(w.GetLower(), inputs.GetLower());
            Vector128<short> high = AdvSimd.MultiplyWideningUpper(w, inputs);
            return AdvSimd.AddPairwiseWideningAndAdd(sums, AdvSimd.Arm64.AddPairwise(low, high));
        }
        Vector128<short> pairs = SumsOfPairs(w.AsInt16(), Vector128.Create(x.AsInt32().GetElement(four)).AsInt16());
        return sums + (pairs.AsInt32() << 16 >> 16) + (pairs.AsInt32() >> 16);
    }

    /// <summary>The products of the low bytes plus those of the high bytes, both signed, for each 16-bit lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> SumsOfPairs(Vector128<short> a, Vector128<short> b) =>
        (a << 8 >> 8) * (b << 8 >> 8) + (a >> 8) * (b >> 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector128<int> c0, Vector128<int> c1, Vector128<int> c2, Vector128<int> c3, int* sums)
    {
        (c0 + Vector128.Load(sums)).Store(sums);
        (c1 + Vector128.Load(sums + 4)).Store(sums + 4);
        (c2 + Vector128.Load(sums + 8)).Store(sums + 8);
        (c3 + Vector128.Load(sums + 12)).Store(sums + 12);
    }
}

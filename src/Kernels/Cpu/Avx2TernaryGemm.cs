// The ternary product for AVX2. With codes c + 1 in 0 to 2, or c + 4 in 0 to 8 where weights have two digits, a byte product is
// exact, and Σ (c + 1) a - Σ a, or Σ (c + 4) a - 4 Σ a, is the sum sought. Codes are widened to bytes a strip at a time, small
// enough for the first-level cache, and meet up to 96 rows there, six at a time in registers. How products are added up is the
// processor's affair (IByteSums): where lanes have 16 bits a strip ends when they are full, after 64 or 16 steps of four inputs.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed unsafe class Avx2TernaryGemm<TSums> : TernaryGemm
    where TSums : struct, IByteSums
{
    // A strip: 16 outputs x at most 256 inputs, a byte a code.
    private const int MaxStripInputs = 256;
    private const int StripBytes = MaxStripInputs * TwoBitPanels.PanelOutputs;
    private const int StepBytes = 4 * TwoBitPanels.PanelOutputs;

    // Rows that a strip meets before the next one is widened; their sums (6 KB) and codes stay in the first-level cache.
    private const int ChunkRows = 96;

    private readonly AlignedBuffer<byte> _packed;
    private readonly bool _isTwoDigit;

    // What is added to a code, packed bytes of 16 inputs, and blocks of 16 inputs in a strip.
    private readonly int _offset;
    private readonly int _blockBytes;
    private readonly int _stripBlocks;

    public Avx2TernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias)
    {
        _isTwoDigit = matrix.Digits == 2;
        _offset = matrix.LargestCode;
        _packed = _isTwoDigit ? NibblePanels.Pack(matrix, TwoBitPanels.PanelOutputs) : TwoBitPanels.Pack(matrix);
        _blockBytes = _isTwoDigit ? 2 * TwoBitPanels.BlockBytes : TwoBitPanels.BlockBytes;
        _stripBlocks = Math.Min(MaxStripInputs / 4, TSums.MaxSteps(2 * _offset)) / (TwoBitPanels.BlockInputs / 4);
    }

    [SkipLocalsInit]
    public override void Multiply(ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace)
    {
        byte* memory = stackalloc byte[StripBytes + ChunkRows * TwoBitPanels.PanelOutputs * sizeof(int) + 63];
        byte* strip = (byte*)(((nint)memory + 63) & ~63);
        int* sums = (int*)(strip + StripBytes);
        for (int row = firstRow; row < firstRow + rows; row += ChunkRows)
        {
            int count = Math.Min(ChunkRows, firstRow + rows - row);
            float* values = output.Begin(row, count, workspace);
            for (int n = 0; n < Outputs; n += TwoBitPanels.PanelOutputs)
            {
                Accumulate(input.CodesOf(row), input.CodeStride, count, n / TwoBitPanels.PanelOutputs, strip, sums);
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
        Unsafe.InitBlock(sums, 0, (uint)(rows * TwoBitPanels.PanelOutputs * sizeof(int)));
        for (int block = 0; block < blocks; block += _stripBlocks)
        {
            int count = Math.Min(_stripBlocks, blocks - block);
            sbyte* a = codes + block * TwoBitPanels.BlockInputs;
            byte* p = packed + (nint)block * _blockBytes;

            // One row is done before its codes could be widened and read back.
            if (rows > 1)
            {
                Widen(p, count, strip);
                MultiplyStrip(a, stride, rows, strip, 4 * count, sums);
            }
            else if (_isTwoDigit)
                Row1Nibbles(a, p, 2 * count, sums);
            else
                Row1Packed(a, p, count, sums);
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
        int count = Math.Min(TwoBitPanels.PanelOutputs, Outputs - n);
        int* excesses = input.SumsOf(row);
        float* rowScales = input.ScalesOf(row);
        if (count == TwoBitPanels.PanelOutputs)
        {
            FinishWholePanel(sums, excesses, rowScales, rows, n, output);
            return;
        }
        for (int m = 0; m < rows; m++, sums += TwoBitPanels.PanelOutputs, output += Outputs)
            Finish(sums, _offset * excesses[m], rowScales[m], n, count, output);
    }

    /// <summary>What <see cref="TernaryGemm.Finish(int*, int, float, int, int, float*)"/> does, for many rows of 16 outputs whose scales and biases stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FinishWholePanel(int* sums, int* excesses, float* rowScales, int rows, int n, float* output)
    {
        float* scales = Scales.Pointer + n, bias = Bias.Pointer + n;
        Vector256<float> s0 = Vector256.Load(scales), s1 = Vector256.Load(scales + 8);
        Vector256<float> b0 = Vector256.Load(bias), b1 = Vector256.Load(bias + 8);
        nint stride = Outputs;
        for (int m = 0; m < rows; m++, sums += TwoBitPanels.PanelOutputs, output += stride)
        {
            Vector256<int> excess = Vector256.Create(_offset * excesses[m]);
            Vector256<float> rowScale = Vector256.Create(rowScales[m]);
            Vector256<float> sum0 = Vector256.ConvertToSingle(Vector256.Load(sums) - excess);
            Vector256<float> sum1 = Vector256.ConvertToSingle(Vector256.Load(sums + 8) - excess);
            Vector256.FusedMultiplyAdd(sum0, s0 * rowScale, b0).Store(output);
            Vector256.FusedMultiplyAdd(sum1, s1 * rowScale, b1).Store(output + 8);
        }
    }

    /// <summary>Turns blocks of 2-bit codes into steps of bytes: 64 bytes a step, four inputs for each of 16 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenTwoBit(byte* packed, int blocks, byte* strip)
    {
        for (int block = 0; block < blocks; block++)
        {
            WidenHalf(packed + block * TwoBitPanels.BlockBytes, strip + block * 4 * StepBytes);
            WidenHalf(packed + block * TwoBitPanels.BlockBytes + 32, strip + block * 4 * StepBytes + 32);
        }
    }

    /// <summary>Eight outputs of a block: each shift uncovers the codes of another four inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WidenHalf(byte* packed, byte* strip)
    {
        Vector256<byte> mask = Vector256.Create((byte)3);
        Vector256<ushort> codes = Vector256.Load(packed).AsUInt16();
        (codes.AsByte() & mask).Store(strip);
        ((codes >> 2).AsByte() & mask).Store(strip + StepBytes);
        ((codes >> 4).AsByte() & mask).Store(strip + 2 * StepBytes);
        ((codes >> 6).AsByte() & mask).Store(strip + 3 * StepBytes);
    }

    /// <summary>Turns pairs of steps of 4-bit codes into steps of bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenNibbles(byte* packed, int pairs, byte* strip)
    {
        Vector256<byte> mask = Vector256.Create((byte)15);
        for (byte* end = packed + pairs * StepBytes; packed < end; packed += StepBytes, strip += 2 * StepBytes)
        {
            Vector256<ushort> p0 = Vector256.Load(packed).AsUInt16(), p1 = Vector256.Load(packed + 32).AsUInt16();
            (p0.AsByte() & mask).Store(strip);
            (p1.AsByte() & mask).Store(strip + 32);
            ((p0 >> 4).AsByte() & mask).Store(strip + StepBytes);
            ((p1 >> 4).AsByte() & mask).Store(strip + StepBytes + 32);
        }
    }

    private static void MultiplyStrip(sbyte* a, nint stride, int rows, byte* strip, int steps, int* sums)
    {
        int row = 0;
        for (; row <= rows - 6; row += 6)
            Rows6(a + row * stride, stride, strip, steps, sums + row * TwoBitPanels.PanelOutputs);
        if (row <= rows - 4)
        {
            Rows4(a + row * stride, stride, strip, steps, sums + row * TwoBitPanels.PanelOutputs);
            row += 4;
        }
        if (row <= rows - 2)
        {
            Rows2(a + row * stride, stride, strip, steps, sums + row * TwoBitPanels.PanelOutputs);
            row += 2;
        }
        if (row < rows)
            Row1(a + row * stride, strip, steps, sums + row * TwoBitPanels.PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6(sbyte* a, nint stride, byte* strip, int steps, int* sums)
    {
        Vector256<int> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<int> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        sbyte* a3 = a + 3 * stride;
        for (byte* end = strip + steps * StepBytes; strip < end; strip += StepBytes, a += 4, a3 += 4)
        {
            Vector256<byte> w0 = Vector256.Load(strip);
            Vector256<byte> w1 = Vector256.Load(strip + 32);
            Step(a, w0, w1, ref c00, ref c01);
            Step(a + stride, w0, w1, ref c10, ref c11);
            Step(a + 2 * stride, w0, w1, ref c20, ref c21);
            Step(a3, w0, w1, ref c30, ref c31);
            Step(a3 + stride, w0, w1, ref c40, ref c41);
            Step(a3 + 2 * stride, w0, w1, ref c50, ref c51);
        }
        Fold(c00, c01, sums);
        Fold(c10, c11, sums + TwoBitPanels.PanelOutputs);
        Fold(c20, c21, sums + 2 * TwoBitPanels.PanelOutputs);
        Fold(c30, c31, sums + 3 * TwoBitPanels.PanelOutputs);
        Fold(c40, c41, sums + 4 * TwoBitPanels.PanelOutputs);
        Fold(c50, c51, sums + 5 * TwoBitPanels.PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(sbyte* a, nint stride, byte* strip, int steps, int* sums)
    {
        Vector256<int> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector256<int> c20 = default, c21 = default, c30 = default, c31 = default;
        sbyte* a3 = a + 3 * stride;
        for (byte* end = strip + steps * StepBytes; strip < end; strip += StepBytes, a += 4, a3 += 4)
        {
            Vector256<byte> w0 = Vector256.Load(strip);
            Vector256<byte> w1 = Vector256.Load(strip + 32);
            Step(a, w0, w1, ref c00, ref c01);
            Step(a + stride, w0, w1, ref c10, ref c11);
            Step(a + 2 * stride, w0, w1, ref c20, ref c21);
            Step(a3, w0, w1, ref c30, ref c31);
        }
        Fold(c00, c01, sums);
        Fold(c10, c11, sums + TwoBitPanels.PanelOutputs);
        Fold(c20, c21, sums + 2 * TwoBitPanels.PanelOutputs);
        Fold(c30, c31, sums + 3 * TwoBitPanels.PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(sbyte* a, nint stride, byte* strip, int steps, int* sums)
    {
        Vector256<int> c00 = default, c01 = default, c10 = default, c11 = default;
        for (byte* end = strip + steps * StepBytes; strip < end; strip += StepBytes, a += 4)
        {
            Vector256<byte> w0 = Vector256.Load(strip);
            Vector256<byte> w1 = Vector256.Load(strip + 32);
            Step(a, w0, w1, ref c00, ref c01);
            Step(a + stride, w0, w1, ref c10, ref c11);
        }
        Fold(c00, c01, sums);
        Fold(c10, c11, sums + TwoBitPanels.PanelOutputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1(sbyte* a, byte* strip, int steps, int* sums)
    {
        Vector256<int> c0 = default, c1 = default;
        for (byte* end = strip + steps * StepBytes; strip < end; strip += StepBytes, a += 4)
            Step(a, Vector256.Load(strip), Vector256.Load(strip + 32), ref c0, ref c1);
        Fold(c0, c1, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1Packed(sbyte* a, byte* packed, int blocks, int* sums)
    {
        Vector256<byte> mask = Vector256.Create((byte)3);
        Vector256<int> c0 = default, c1 = default;
        for (byte* end = packed + blocks * TwoBitPanels.BlockBytes; packed < end; packed += TwoBitPanels.BlockBytes, a += TwoBitPanels.BlockInputs)
        {
            Vector256<ushort> p0 = Vector256.Load(packed).AsUInt16(), p1 = Vector256.Load(packed + 32).AsUInt16();
            Step(a, p0.AsByte() & mask, p1.AsByte() & mask, ref c0, ref c1);
            Step(a + 4, (p0 >> 2).AsByte() & mask, (p1 >> 2).AsByte() & mask, ref c0, ref c1);
            Step(a + 8, (p0 >> 4).AsByte() & mask, (p1 >> 4).AsByte() & mask, ref c0, ref c1);
            Step(a + 12, (p0 >> 6).AsByte() & mask, (p1 >> 6).AsByte() & mask, ref c0, ref c1);
        }
        Fold(c0, c1, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1Nibbles(sbyte* a, byte* packed, int pairs, int* sums)
    {
        Vector256<byte> mask = Vector256.Create((byte)15);
        Vector256<int> c0 = default, c1 = default;
        for (byte* end = packed + pairs * StepBytes; packed < end; packed += StepBytes, a += NibblePanels.PairInputs)
        {
            Vector256<ushort> p0 = Vector256.Load(packed).AsUInt16(), p1 = Vector256.Load(packed + 32).AsUInt16();
            Step(a, p0.AsByte() & mask, p1.AsByte() & mask, ref c0, ref c1);
            Step(a + 4, (p0 >> 4).AsByte() & mask, (p1 >> 4).AsByte() & mask, ref c0, ref c1);
        }
        Fold(c0, c1, sums);
    }

    /// <summary>Multiplies four inputs of one row with their codes for 16 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(sbyte* a, Vector256<byte> w0, Vector256<byte> w1, ref Vector256<int> c0, ref Vector256<int> c1)
    {
        Vector256<sbyte> x = Vector256.Create(*(int*)a).AsSByte();
        c0 = TSums.Add(c0, w0, x);
        c1 = TSums.Add(c1, w1, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(Vector256<int> c0, Vector256<int> c1, int* sums)
    {
        (TSums.Total(c0) + Vector256.Load(sums)).Store(sums);
        (TSums.Total(c1) + Vector256.Load(sums + 8)).Store(sums + 8);
    }
}

// The ternary product for AVX2. With codes c + 1 in {0, 1, 2} a byte product is exact, Σ (c + 1) a - Σ a is the sum sought, and
// a 16-bit lane holds 64 such products of pairs: 64 x 2 x 2 x 127 = 32,512. Codes are widened to bytes a strip at a time, small
// enough for the first-level cache, and meet up to 96 rows there, six at a time in registers.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed unsafe class Avx2TernaryGemm : TernaryGemm
{
    // A strip: 16 outputs x 256 inputs, a byte a code. 256 inputs are the 64 additions that a 16-bit lane holds.
    private const int StripInputs = 256;
    private const int StripBytes = StripInputs * TwoBitPanels.PanelOutputs;
    private const int StripBlocks = StripInputs / TwoBitPanels.BlockInputs;
    private const int StepBytes = 4 * TwoBitPanels.PanelOutputs;

    // Rows that a strip meets before the next one is widened; their sums (6 KB) and codes stay in the first-level cache.
    private const int ChunkRows = 96;

    private readonly AlignedBuffer<byte> _packed;

    public Avx2TernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias) => _packed = TwoBitPanels.Pack(matrix);

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

    /// <summary>sums[row, n] = Σ (c + 1) a over all inputs, for the 16 outputs of a panel.</summary>
    private void Accumulate(sbyte* codes, nint stride, int rows, int panel, byte* strip, int* sums)
    {
        int blocks = TwoBitPanels.Blocks(Inputs);
        byte* packed = _packed.Pointer + (nint)panel * blocks * TwoBitPanels.BlockBytes;
        Unsafe.InitBlock(sums, 0, (uint)(rows * TwoBitPanels.PanelOutputs * sizeof(int)));
        for (int block = 0; block < blocks; block += StripBlocks)
        {
            int count = Math.Min(StripBlocks, blocks - block);
            if (rows == 1)
            {
                // One row is done before its codes could be widened and read back.
                Row1Packed(codes + block * TwoBitPanels.BlockInputs, packed + (nint)block * TwoBitPanels.BlockBytes, count, sums);
                continue;
            }
            Widen(packed + (nint)block * TwoBitPanels.BlockBytes, count, strip);
            MultiplyStrip(codes + block * TwoBitPanels.BlockInputs, stride, rows, strip, 4 * count, sums);
        }
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
            Finish(sums, excesses[m], rowScales[m], n, count, output);
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
            Vector256<int> excess = Vector256.Create(excesses[m]);
            Vector256<float> rowScale = Vector256.Create(rowScales[m]);
            Vector256<float> sum0 = Vector256.ConvertToSingle(Vector256.Load(sums) - excess);
            Vector256<float> sum1 = Vector256.ConvertToSingle(Vector256.Load(sums + 8) - excess);
            Vector256.FusedMultiplyAdd(sum0, s0 * rowScale, b0).Store(output);
            Vector256.FusedMultiplyAdd(sum1, s1 * rowScale, b1).Store(output + 8);
        }
    }

    /// <summary>Turns blocks of 2-bit codes into steps of bytes: 64 bytes a step, four inputs for each of 16 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(byte* packed, int blocks, byte* strip)
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
        Vector256<short> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<short> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
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
        Vector256<short> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector256<short> c20 = default, c21 = default, c30 = default, c31 = default;
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
        Vector256<short> c00 = default, c01 = default, c10 = default, c11 = default;
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
        Vector256<short> c0 = default, c1 = default;
        for (byte* end = strip + steps * StepBytes; strip < end; strip += StepBytes, a += 4)
            Step(a, Vector256.Load(strip), Vector256.Load(strip + 32), ref c0, ref c1);
        Fold(c0, c1, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1Packed(sbyte* a, byte* packed, int blocks, int* sums)
    {
        Vector256<byte> mask = Vector256.Create((byte)3);
        Vector256<short> c0 = default, c1 = default;
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

    /// <summary>Multiplies four inputs of one row with their codes for 16 outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(sbyte* a, Vector256<byte> w0, Vector256<byte> w1, ref Vector256<short> c0, ref Vector256<short> c1)
    {
        Vector256<sbyte> x = Vector256.Create(*(int*)a).AsSByte();
        c0 += Avx2.MultiplyAddAdjacent(w0, x);
        c1 += Avx2.MultiplyAddAdjacent(w1, x);
    }

    /// <summary>Adds the two lanes of each output and adds that to its sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(Vector256<short> c0, Vector256<short> c1, int* sums)
    {
        Vector256<short> ones = Vector256<short>.One;
        (Avx2.MultiplyAddAdjacent(c0, ones) + Vector256.Load(sums)).Store(sums);
        (Avx2.MultiplyAddAdjacent(c1, ones) + Vector256.Load(sums + 8)).Store(sums + 8);
    }
}

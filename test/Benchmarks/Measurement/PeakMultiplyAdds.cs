// How fast could our kernel be? Its inner loop with everything in registers or the first-level cache: the same instructions in the
// same proportion, no weights to fetch. Figures in percent of peak are percents of this, on this machine, at this moment's clock.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Measurement;

/// <summary>Measures the most multiply-adds a second that one core can do with a kernel's instructions.</summary>
internal static unsafe class PeakMultiplyAdds
{
    private const int Iterations = 20_000, Rounds = 1_000, TableBytes = 64;

    // Which tables are looked up changes from step to step: were they always the same, the compiler would keep them in registers
    // that the sums need.
    private const int StepsOfTables = 4, StepBytes = 8 * TableBytes;

    private static readonly Dictionary<(TernaryKernel, int), double> Measured = [];

    /// <summary>Multiply-adds a second of one core, in units of 1e9; measured once for each kernel and number of ternary digits, in
    /// about a tenth of a second.</summary>
    public static double GigaPerSecond(TernaryKernel kernel, int digits = 1)
    {
        if (!Measured.TryGetValue((kernel, digits), out double peak))
            Measured[(kernel, digits)] = peak = Measure(kernel, digits);
        return peak;
    }

    // The fastest of many short rounds: a peak is what nothing interrupts.
    private static double Measure(TernaryKernel kernel, int digits)
    {
        byte* memory = stackalloc byte[StepsOfTables * StepBytes + TableBytes];
        byte* operands = (byte*)(((nint)memory + TableBytes - 1) & ~(TableBytes - 1));
        for (int i = 0; i < StepsOfTables * StepBytes; i++)
            operands[i] = (byte)(i % 3);
        double best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            double done = kernel switch
            {
                TernaryKernel.Avx512 => digits == 1 ? LookUps(operands) : WideByteProducts(operands),
                TernaryKernel.Avx2 => AvxVnni.IsSupported ? ByteDotProducts(operands) : ByteProducts(operands),
                TernaryKernel.Neon => DotProducts((sbyte*)operands),
                _ => Products((sbyte*)operands),
            };
            best = Math.Max(best, done / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        return best;
    }

    // Eight rows of three registers: 24 look-ups and 24 additions do 24 x 32 x 3 multiply-adds, then three shifts uncover the
    // next indices.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double LookUps(byte* allTables)
    {
        if (!Avx512BW.IsSupported)
            throw new NotSupportedException("This processor has no AVX-512 BW.");
        Vector512<ushort> i0 = Vector512.Create((ushort)0x5A5A), i1 = Vector512.Create((ushort)0x3C3C), i2 = Vector512.Create((ushort)0x1E1E);
        Vector512<short> c00 = default, c01 = default, c02 = default, c10 = default, c11 = default, c12 = default;
        Vector512<short> c20 = default, c21 = default, c22 = default, c30 = default, c31 = default, c32 = default;
        Vector512<short> c40 = default, c41 = default, c42 = default, c50 = default, c51 = default, c52 = default;
        Vector512<short> c60 = default, c61 = default, c62 = default, c70 = default, c71 = default, c72 = default;
        for (int i = 0; i < Iterations; i++)
        {
            byte* tables = allTables + (i & (StepsOfTables - 1)) * StepBytes;
            LookUp(tables, i0, i1, i2, ref c00, ref c01, ref c02);
            LookUp(tables + TableBytes, i0, i1, i2, ref c10, ref c11, ref c12);
            LookUp(tables + 2 * TableBytes, i0, i1, i2, ref c20, ref c21, ref c22);
            LookUp(tables + 3 * TableBytes, i0, i1, i2, ref c30, ref c31, ref c32);
            LookUp(tables + 4 * TableBytes, i0, i1, i2, ref c40, ref c41, ref c42);
            LookUp(tables + 5 * TableBytes, i0, i1, i2, ref c50, ref c51, ref c52);
            LookUp(tables + 6 * TableBytes, i0, i1, i2, ref c60, ref c61, ref c62);
            LookUp(tables + 7 * TableBytes, i0, i1, i2, ref c70, ref c71, ref c72);
            i0 >>= 5;
            i1 >>= 5;
            i2 >>= 5;
        }
        // One call: what lives across a call is written to memory in every step.
        Keep(c00 + c01 + c02 + c10 + c11 + c12 + c20 + c21 + c22 + c30 + c31 + c32
            + c40 + c41 + c42 + c50 + c51 + c52 + c60 + c61 + c62 + c70 + c71 + c72);
        return Iterations * 24.0 * Vector512<short>.Count * 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LookUp(
        byte* table, Vector512<ushort> i0, Vector512<ushort> i1, Vector512<ushort> i2,
        ref Vector512<short> c0, ref Vector512<short> c1, ref Vector512<short> c2)
    {
        Vector512<short> sums = Vector512.Load((short*)table);
        c0 += Avx512BW.PermuteVar32x16(sums, i0.AsInt16());
        c1 += Avx512BW.PermuteVar32x16(sums, i1.AsInt16());
        c2 += Avx512BW.PermuteVar32x16(sums, i2.AsInt16());
    }

    // Eight rows of three registers: 24 byte products of 64 and as many additions, four inputs of a row broadcast for three.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double WideByteProducts(byte* operands)
    {
        if (!Avx512BW.IsSupported)
            throw new NotSupportedException("This processor has no AVX-512 BW.");
        Vector512<short> c00 = default, c01 = default, c02 = default, c10 = default, c11 = default, c12 = default;
        Vector512<short> c20 = default, c21 = default, c22 = default, c30 = default, c31 = default, c32 = default;
        Vector512<short> c40 = default, c41 = default, c42 = default, c50 = default, c51 = default, c52 = default;
        Vector512<short> c60 = default, c61 = default, c62 = default, c70 = default, c71 = default, c72 = default;
        for (int i = 0; i < Iterations; i++)
        {
            byte* at = operands + (i & (StepsOfTables - 1)) * StepBytes;
            Vector512<byte> w0 = Vector512.Load(at), w1 = Vector512.Load(at + 64), w2 = Vector512.Load(at + 128);
            Multiply(at, w0, w1, w2, ref c00, ref c01, ref c02);
            Multiply(at + 4, w0, w1, w2, ref c10, ref c11, ref c12);
            Multiply(at + 8, w0, w1, w2, ref c20, ref c21, ref c22);
            Multiply(at + 12, w0, w1, w2, ref c30, ref c31, ref c32);
            Multiply(at + 16, w0, w1, w2, ref c40, ref c41, ref c42);
            Multiply(at + 20, w0, w1, w2, ref c50, ref c51, ref c52);
            Multiply(at + 24, w0, w1, w2, ref c60, ref c61, ref c62);
            Multiply(at + 28, w0, w1, w2, ref c70, ref c71, ref c72);
        }
        Keep(c00 + c01 + c02 + c10 + c11 + c12 + c20 + c21 + c22 + c30 + c31 + c32
            + c40 + c41 + c42 + c50 + c51 + c52 + c60 + c61 + c62 + c70 + c71 + c72);
        return Iterations * 24.0 * Vector512<byte>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(
        byte* activations, Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2,
        ref Vector512<short> c0, ref Vector512<short> c1, ref Vector512<short> c2)
    {
        Vector512<sbyte> x = Vector512.Create(*(int*)activations).AsSByte();
        c0 += Avx512BW.MultiplyAddAdjacent(w0, x);
        c1 += Avx512BW.MultiplyAddAdjacent(w1, x);
        c2 += Avx512BW.MultiplyAddAdjacent(w2, x);
    }

    // Six rows of two registers: twelve dot products of 32 bytes, four inputs of a row broadcast for both.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double ByteDotProducts(byte* operands)
    {
        Vector256<int> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<int> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (int i = 0; i < Iterations; i++)
        {
            byte* at = operands + (i & (StepsOfTables - 1)) * StepBytes;
            Vector256<byte> w0 = Vector256.Load(at), w1 = Vector256.Load(at + 32);
            Multiply(at, w0, w1, ref c00, ref c01);
            Multiply(at + 4, w0, w1, ref c10, ref c11);
            Multiply(at + 8, w0, w1, ref c20, ref c21);
            Multiply(at + 12, w0, w1, ref c30, ref c31);
            Multiply(at + 16, w0, w1, ref c40, ref c41);
            Multiply(at + 20, w0, w1, ref c50, ref c51);
        }
        Keep((c00 + c01 + c10 + c11 + c20 + c21 + c30 + c31 + c40 + c41 + c50 + c51).AsInt16().ToVector512());
        return Iterations * 12.0 * Vector256<byte>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(byte* activations, Vector256<byte> w0, Vector256<byte> w1, ref Vector256<int> c0, ref Vector256<int> c1)
    {
        Vector256<sbyte> x = Vector256.Create(*(int*)activations).AsSByte();
        c0 = AvxVnni.MultiplyWideningAndAdd(c0, w0, x);
        c1 = AvxVnni.MultiplyWideningAndAdd(c1, w1, x);
    }

    // Six rows of two registers: twelve byte products of 32 and as many additions, four inputs of a row broadcast for both.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double ByteProducts(byte* operands)
    {
        if (!Avx2.IsSupported)
            throw new NotSupportedException("This processor has no AVX2.");
        Vector256<short> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector256<short> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (int i = 0; i < Iterations; i++)
        {
            byte* at = operands + (i & (StepsOfTables - 1)) * StepBytes;
            Vector256<byte> w0 = Vector256.Load(at), w1 = Vector256.Load(at + 32);
            Multiply(at, w0, w1, ref c00, ref c01);
            Multiply(at + 4, w0, w1, ref c10, ref c11);
            Multiply(at + 8, w0, w1, ref c20, ref c21);
            Multiply(at + 12, w0, w1, ref c30, ref c31);
            Multiply(at + 16, w0, w1, ref c40, ref c41);
            Multiply(at + 20, w0, w1, ref c50, ref c51);
        }
        Keep((c00 + c01 + c10 + c11 + c20 + c21 + c30 + c31 + c40 + c41 + c50 + c51).ToVector512());
        return Iterations * 12.0 * Vector256<byte>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(byte* activations, Vector256<byte> w0, Vector256<byte> w1, ref Vector256<short> c0, ref Vector256<short> c1)
    {
        Vector256<sbyte> x = Vector256.Create(*(int*)activations).AsSByte();
        c0 += Avx2.MultiplyAddAdjacent(w0, x);
        c1 += Avx2.MultiplyAddAdjacent(w1, x);
    }

    // Four rows of four registers: sixteen dot products, four inputs of each row from a register; without the instruction the
    // products and sums that the kernel makes of it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double DotProducts(sbyte* operands)
    {
        if (!AdvSimd.Arm64.IsSupported)
            throw new NotSupportedException("This processor has no NEON.");
        Vector128<int> c00 = default, c01 = default, c02 = default, c03 = default, c10 = default, c11 = default, c12 = default, c13 = default;
        Vector128<int> c20 = default, c21 = default, c22 = default, c23 = default, c30 = default, c31 = default, c32 = default, c33 = default;
        Vector128<sbyte> x0 = Vector128.Load(operands), x1 = Vector128.Load(operands + 16), x2 = Vector128.Load(operands + 32), x3 = Vector128.Load(operands + 48);
        for (int i = 0; i < Iterations; i++)
        {
            sbyte* at = operands + (i & (StepsOfTables - 1)) * StepBytes;
            Vector128<sbyte> w0 = Vector128.Load(at), w1 = Vector128.Load(at + 16), w2 = Vector128.Load(at + 32), w3 = Vector128.Load(at + 48);
            Dot(x0, w0, w1, w2, w3, ref c00, ref c01, ref c02, ref c03);
            Dot(x1, w0, w1, w2, w3, ref c10, ref c11, ref c12, ref c13);
            Dot(x2, w0, w1, w2, w3, ref c20, ref c21, ref c22, ref c23);
            Dot(x3, w0, w1, w2, w3, ref c30, ref c31, ref c32, ref c33);
        }
        Vector128<int> sums = c00 + c01 + c02 + c03 + c10 + c11 + c12 + c13 + c20 + c21 + c22 + c23 + c30 + c31 + c32 + c33;
        Keep(sums.AsInt16().ToVector256().ToVector512());
        return Iterations * 16.0 * Vector128<sbyte>.Count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dot(
        Vector128<sbyte> x, Vector128<sbyte> w0, Vector128<sbyte> w1, Vector128<sbyte> w2, Vector128<sbyte> w3,
        ref Vector128<int> c0, ref Vector128<int> c1, ref Vector128<int> c2, ref Vector128<int> c3)
    {
        c0 = Dot(c0, w0, x);
        c1 = Dot(c1, w1, x);
        c2 = Dot(c2, w2, x);
        c3 = Dot(c3, w3, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Dot(Vector128<int> sums, Vector128<sbyte> w, Vector128<sbyte> x)
    {
        if (Dp.IsSupported)
            return Dp.DotProductBySelectedQuadruplet(sums, w, x, 0);
        Vector128<sbyte> inputs = AdvSimd.DuplicateSelectedScalarToVector128(x.AsInt32(), 0).AsSByte();
        Vector128<short> low = AdvSimd.MultiplyWideningLower(w.GetLower(), inputs.GetLower());
        Vector128<short> high = AdvSimd.MultiplyWideningUpper(w, inputs);
        return AdvSimd.AddPairwiseWideningAndAdd(sums, AdvSimd.Arm64.AddPairwise(low, high));
    }

    // Plain C#: one product and one addition a multiply-add, four sums so that they need not wait for each other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Products(sbyte* operands)
    {
        int s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (int i = 0; i < Iterations; i++)
        {
            sbyte* a = operands + (i & 63), w = operands + 128 + (i & 31);
            s0 += a[0] * w[0];
            s1 += a[1] * w[1];
            s2 += a[2] * w[2];
            s3 += a[3] * w[3];
        }
        Keep(Vector512.Create(s0 + s1 + s2 + s3).AsInt16());
        return Iterations * 4.0;
    }

    // What is not used is not computed.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(Vector512<short> sums) => _kept = sums;

    private static Vector512<short> _kept;
}

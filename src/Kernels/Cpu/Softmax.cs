// The softmax of attention scores, a row at a time; rows are padded to whole vectors by what computes them.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Ternary.Kernels.Cpu.Simd;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal static unsafe class Softmax
{
    /// <summary>Replaces the first <paramref name="count"/> scores by 2^(s - max): the scores come multiplied by log2 e.</summary>
    /// <param name="row">The scores, followed by memory up to a whole number of vectors, which is overwritten.</param>
    /// <param name="count">Number of scores, at least 1.</param>
    /// <returns>1 / Σ 2^(s - max): what the products of the row are to be multiplied with. They are fewer than the scores.</returns>
    public static float Exponentiate(float* row, int count) =>
        Vector512.IsHardwareAccelerated ? Exponentiate<Simd512>(row, count)
        : Vector256.IsHardwareAccelerated ? Exponentiate<Simd256>(row, count)
        : Vector128.IsHardwareAccelerated ? Exponentiate<Simd128>(row, count)
        : ExponentiateScalar(row, count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentiate<TVector>(float* row, int count) where TVector : struct, ISimdFloat<TVector>
    {
        int padded = (count + TVector.Count - 1) / TVector.Count * TVector.Count;
        for (int i = count; i < padded; i++)
            row[i] = float.NegativeInfinity;
        TVector largest = TVector.Load(row);
        for (int i = TVector.Count; i < padded; i += TVector.Count)
            largest = TVector.Max(largest, TVector.Load(row + i));

        // A padding lane adds at most 1.2e-38 to a sum of at least 1.
        TVector max = TVector.Create(TVector.Largest(largest)), sums = TVector.Create(0);
        for (int i = 0; i < padded; i += TVector.Count)
        {
            TVector e = Exp2Function.Invoke(TVector.Load(row + i) - max);
            e.Store(row + i);
            sums += e;
        }
        return 1 / TVector.Sum(sums);
    }

    public static float ExponentiateScalar(float* row, int count)
    {
        float max = float.NegativeInfinity;
        for (int i = 0; i < count; i++)
            max = MathF.Max(max, row[i]);
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            row[i] = float.Exp2(row[i] - max);
            sum += row[i];
        }
        return 1 / sum;
    }
}

// Layer norm stands between every two products of an encoder, so it adds the residual and looks for the largest value, which
// quantisation wants next, in the same passes over memory.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Ternary.Kernels.Cpu.Simd;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Normalisation of rows in place.</summary>
public static unsafe class Normalization
{
    /// <summary>y = (x - mean) / sqrt(variance + epsilon) x gain + bias for each row, with the biased variance about the mean.</summary>
    /// <param name="values">Rows of gain.Length values; replaced by the result.</param>
    /// <param name="gain">One factor a component.</param>
    /// <param name="bias">One offset a component.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public static void LayerNorm(Span<float> values, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float epsilon) =>
        LayerNorm(values, [], gain, bias, epsilon);

    /// <summary>Adds <paramref name="residual"/> to <paramref name="values"/> and normalises each row of the sum.</summary>
    /// <param name="values">Rows of gain.Length values; replaced by the result.</param>
    /// <param name="residual">As many values, or none.</param>
    /// <param name="gain">One factor a component.</param>
    /// <param name="bias">One offset a component.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public static void LayerNorm(
        Span<float> values, ReadOnlySpan<float> residual, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float epsilon)
    {
        int size = gain.Length;
        if (size == 0 || bias.Length != size)
            throw new ArgumentException($"A layer norm has as many gains as biases and at least one; here {size} and {bias.Length}.", nameof(bias));
        if (values.Length % size != 0)
            throw new ArgumentException($"{values.Length} values are not rows of {size}.", nameof(values));
        if (residual.Length != 0 && residual.Length != values.Length)
            throw new ArgumentException($"{values.Length} values and {residual.Length} residuals cannot be added.", nameof(residual));
        fixed (float* rows = values, added = residual, gains = gain, biases = bias)
        {
            for (int start = 0; start < values.Length; start += size)
                LayerNormRow(rows + start, residual.Length == 0 ? null : added + start, gains, biases, size, epsilon);
        }
    }

    /// <summary>Scales a vector to L2 norm 1; a vector of zeros, or whose norm is below 1e-12, is divided by 1e-12 as PyTorch does.</summary>
    public static void L2Normalize(Span<float> vector)
    {
        double sum = 0;
        foreach (float value in vector)
            sum += (double)value * value;
        float factor = (float)(1 / Math.Max(Math.Sqrt(sum), 1e-12));
        for (int i = 0; i < vector.Length; i++)
            vector[i] *= factor;
    }

    /// <summary>The layer norm of one row, after adding <paramref name="residual"/> where there is one.</summary>
    /// <returns>The largest magnitude of the result; NaN where it holds one.</returns>
    internal static float LayerNormRow(float* row, float* residual, float* gain, float* bias, int size, float epsilon) =>
        Vector512.IsHardwareAccelerated ? NormalizeVectors<Simd512>(row, residual, gain, bias, size, epsilon)
        : Vector256.IsHardwareAccelerated ? NormalizeVectors<Simd256>(row, residual, gain, bias, size, epsilon)
        : Vector128.IsHardwareAccelerated ? NormalizeVectors<Simd128>(row, residual, gain, bias, size, epsilon)
        : NormalizeScalar(row, residual, gain, bias, size, epsilon);

    /// <summary>The plain form of the layer norm of one row.</summary>
    internal static float NormalizeScalar(float* row, float* residual, float* gain, float* bias, int size, float epsilon)
    {
        float sum = 0, squares = 0, max = 0;
        for (int i = 0; i < size; i++)
        {
            if (residual != null)
                row[i] += residual[i];
            sum += row[i];
        }
        float mean = sum / size;
        for (int i = 0; i < size; i++)
            squares += (row[i] - mean) * (row[i] - mean);
        float inverse = 1 / MathF.Sqrt(squares / size + epsilon);
        for (int i = 0; i < size; i++)
        {
            row[i] = (row[i] - mean) * inverse * gain[i] + bias[i];
            max = MathF.Max(max, MathF.Abs(row[i]));
        }
        return max;
    }

    // Mean before variance, because the difference of two large sums would lose the variance.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float NormalizeVectors<TVector>(float* row, float* residual, float* gain, float* bias, int size, float epsilon)
        where TVector : struct, ISimdFloat<TVector>
    {
        float mean = AddAndSum<TVector>(row, residual, size) / size;
        float inverse = 1 / MathF.Sqrt(SumOfSquares<TVector>(row, mean, size) / size + epsilon);
        TVector means = TVector.Create(mean), inverses = TVector.Create(inverse), largest = TVector.Create(0);
        int i = 0;
        for (; i <= size - TVector.Count; i += TVector.Count)
        {
            TVector x = (TVector.Load(row + i) - means) * inverses;
            x = TVector.MultiplyAdd(x, TVector.Load(gain + i), TVector.Load(bias + i));
            x.Store(row + i);
            largest = TVector.MaxMagnitude(largest, x);
        }
        float max = TVector.LargestBits(largest);
        for (; i < size; i++)
        {
            row[i] = (row[i] - mean) * inverse * gain[i] + bias[i];
            max = MathF.Max(max, MathF.Abs(row[i]));
        }
        return max;
    }

    // Four sums at a time, here and below: an addition waits for the one before it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float AddAndSum<TVector>(float* row, float* residual, int size) where TVector : struct, ISimdFloat<TVector>
    {
        TVector s0 = TVector.Create(0), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= size - 4 * TVector.Count; i += 4 * TVector.Count)
        {
            s0 += Added<TVector>(row + i, residual, i);
            s1 += Added<TVector>(row + i + TVector.Count, residual, i + TVector.Count);
            s2 += Added<TVector>(row + i + 2 * TVector.Count, residual, i + 2 * TVector.Count);
            s3 += Added<TVector>(row + i + 3 * TVector.Count, residual, i + 3 * TVector.Count);
        }
        for (; i <= size - TVector.Count; i += TVector.Count)
            s0 += Added<TVector>(row + i, residual, i);
        float sum = TVector.Sum(s0 + s1 + (s2 + s3));
        for (; i < size; i++)
        {
            if (residual != null)
                row[i] += residual[i];
            sum += row[i];
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Added<TVector>(float* values, float* residual, int i) where TVector : struct, ISimdFloat<TVector>
    {
        TVector x = TVector.Load(values);
        if (residual == null)
            return x;
        x += TVector.Load(residual + i);
        x.Store(values);
        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares<TVector>(float* row, float mean, int size) where TVector : struct, ISimdFloat<TVector>
    {
        TVector means = TVector.Create(mean), s0 = TVector.Create(0), s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= size - 4 * TVector.Count; i += 4 * TVector.Count)
        {
            AddSquare(row + i, means, ref s0);
            AddSquare(row + i + TVector.Count, means, ref s1);
            AddSquare(row + i + 2 * TVector.Count, means, ref s2);
            AddSquare(row + i + 3 * TVector.Count, means, ref s3);
        }
        for (; i <= size - TVector.Count; i += TVector.Count)
            AddSquare(row + i, means, ref s0);
        float sum = TVector.Sum(s0 + s1 + (s2 + s3));
        for (; i < size; i++)
            sum += (row[i] - mean) * (row[i] - mean);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSquare<TVector>(float* values, TVector means, ref TVector sum) where TVector : struct, ISimdFloat<TVector>
    {
        TVector x = TVector.Load(values) - means;
        sum = TVector.MultiplyAdd(x, x, sum);
    }
}

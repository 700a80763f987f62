// Layer norm stands between every two products of an encoder, so it adds the residual in the same pass over memory.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Normalisation of rows in place.</summary>
public static class Normalization
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
        for (int start = 0; start < values.Length; start += size)
        {
            Span<float> row = values.Slice(start, size);
            ReadOnlySpan<float> added = residual.Length == 0 ? residual : residual.Slice(start, size);
            if (Vector.IsHardwareAccelerated)
                NormalizeVectors(row, added, gain, bias, epsilon);
            else
                NormalizeScalar(row, added, gain, bias, epsilon);
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

    /// <summary>The plain form of the layer norm of one row.</summary>
    internal static void NormalizeScalar(
        Span<float> row, ReadOnlySpan<float> residual, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float epsilon)
    {
        for (int i = 0; i < residual.Length; i++)
            row[i] += residual[i];
        float sum = 0;
        foreach (float value in row)
            sum += value;
        float mean = sum / row.Length;
        float squares = 0;
        foreach (float value in row)
            squares += (value - mean) * (value - mean);
        float inverse = 1 / MathF.Sqrt(squares / row.Length + epsilon);
        for (int i = 0; i < row.Length; i++)
            row[i] = (row[i] - mean) * inverse * gain[i] + bias[i];
    }

    // Mean before variance, because the difference of two large sums would lose the variance.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void NormalizeVectors(
        Span<float> row, ReadOnlySpan<float> residual, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float epsilon)
    {
        if (residual.Length != 0)
            Add(row, residual);
        SubtractMean(row);
        float inverse = 1 / MathF.Sqrt(SumOfSquares(row) / row.Length + epsilon);
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        ReadOnlySpan<Vector<float>> gains = MemoryMarshal.Cast<float, Vector<float>>(gain)[..vectors.Length];
        ReadOnlySpan<Vector<float>> biases = MemoryMarshal.Cast<float, Vector<float>>(bias)[..vectors.Length];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = Vector.MultiplyAddEstimate(vectors[i] * inverse, gains[i], biases[i]);
        for (int i = vectors.Length * Vector<float>.Count; i < row.Length; i++)
            row[i] = row[i] * inverse * gain[i] + bias[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(Span<float> values, ReadOnlySpan<float> added)
    {
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        ReadOnlySpan<Vector<float>> addedVectors = MemoryMarshal.Cast<float, Vector<float>>(added)[..vectors.Length];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] += addedVectors[i];
        for (int i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
            values[i] += added[i];
    }

    // Two sums at a time, here and below: an addition waits for the one before it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractMean(Span<float> row)
    {
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        Span<float> tail = row[(vectors.Length * Vector<float>.Count)..];
        Vector<float> even = Vector<float>.Zero, odd = Vector<float>.Zero;
        int last = vectors.Length - 1;
        for (int i = 0; i < last; i += 2)
        {
            even += vectors[i];
            odd += vectors[i + 1];
        }
        if (vectors.Length % 2 != 0)
            even += vectors[last];
        float sum = Vector.Sum(even + odd);
        foreach (float value in tail)
            sum += value;

        float mean = sum / row.Length;
        foreach (ref Vector<float> vector in vectors)
            vector -= new Vector<float>(mean);
        foreach (ref float value in tail)
            value -= mean;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(ReadOnlySpan<float> row)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        Vector<float> even = Vector<float>.Zero, odd = Vector<float>.Zero;
        int last = vectors.Length - 1;
        for (int i = 0; i < last; i += 2)
        {
            even = Vector.MultiplyAddEstimate(vectors[i], vectors[i], even);
            odd = Vector.MultiplyAddEstimate(vectors[i + 1], vectors[i + 1], odd);
        }
        if (vectors.Length % 2 != 0)
            even = Vector.MultiplyAddEstimate(vectors[last], vectors[last], even);
        float sum = Vector.Sum(even + odd);
        foreach (float value in row[(vectors.Length * Vector<float>.Count)..])
            sum += value * value;
        return sum;
    }
}

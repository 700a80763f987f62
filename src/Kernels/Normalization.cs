// Layer norm stands between every two products of an encoder, so it adds the residual in the same pass over memory.
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
            for (int i = 0; i < residual.Length && i < size; i++)
                row[i] += residual[start + i];
            NormalizeRow(row, gain, bias, epsilon);
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

    private static void NormalizeRow(Span<float> row, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float epsilon)
    {
        double sum = 0;
        foreach (float value in row)
            sum += value;
        float mean = (float)(sum / row.Length);
        double squares = 0;
        foreach (float value in row)
            squares += (value - mean) * (value - mean);
        float inverse = (float)(1 / Math.Sqrt(squares / row.Length + epsilon));
        for (int i = 0; i < row.Length; i++)
            row[i] = (row[i] - mean) * inverse * gain[i] + bias[i];
    }
}

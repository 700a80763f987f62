// What an encoder asks of a linear layer, whatever its weights are made of.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A linear layer y = W x + b over rows of activations. Immutable: threads may share one, each with its own blocks.</summary>
public abstract class LinearLayer
{
    private readonly float[] _bias;

    /// <summary>Creates a layer; no bias means zeros.</summary>
    /// <exception cref="ArgumentException">The bias is neither empty nor <paramref name="outputSize"/> long.</exception>
    private protected LinearLayer(int outputSize, int inputSize, ReadOnlySpan<float> bias)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputSize);
        if (bias.Length != 0 && bias.Length != outputSize)
            throw new ArgumentException($"The layer has {outputSize} outputs but {bias.Length} biases.", nameof(bias));
        OutputSize = outputSize;
        InputSize = inputSize;
        _bias = bias.Length == 0 ? new float[outputSize] : bias.ToArray();
    }

    /// <summary>Components of an output row.</summary>
    public int OutputSize { get; }

    /// <summary>Components of an input row.</summary>
    public int InputSize { get; }

    /// <summary>One offset an output.</summary>
    public ReadOnlySpan<float> Bias => _bias;

    /// <summary>Computes every row on the calling thread.</summary>
    /// <param name="input">Rows of <see cref="InputSize"/> components.</param>
    /// <param name="output">Receives input.Rows x <see cref="OutputSize"/> values, row-major; must not overlap the input.</param>
    /// <exception cref="ArgumentException">The input or the output has another shape.</exception>
    public void Forward(ActivationBlock input, Span<float> output)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Columns != InputSize)
            throw new ArgumentException($"The layer takes {InputSize} components a row but gets {input.Columns}.", nameof(input));
        if (output.Length != (long)input.Rows * OutputSize)
            throw new ArgumentException($"The output of {input.Rows} rows has {(long)input.Rows * OutputSize} values; the destination holds {output.Length}.", nameof(output));
        if (input.Rows > 0)
            ForwardCore(input, output);
    }

    /// <summary>Computes every row; the shapes are known to agree.</summary>
    private protected abstract void ForwardCore(ActivationBlock input, Span<float> output);
}

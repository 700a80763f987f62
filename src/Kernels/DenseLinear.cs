// Layers that stay in full precision: dense modules after pooling, layers left out of ternarisation, and whole teachers.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A linear layer with float32 weights and activations.</summary>
public sealed class DenseLinear : LinearLayer
{
    private readonly float[] _matrix;

    /// <summary>Creates a layer from its weights, which are copied.</summary>
    /// <param name="matrix">The weights, <paramref name="outputSize"/> x <paramref name="inputSize"/>, row-major.</param>
    /// <param name="outputSize">Components of an output row.</param>
    /// <param name="inputSize">Components of an input row.</param>
    /// <param name="bias">One offset an output; empty for none.</param>
    /// <exception cref="ArgumentException">A length disagrees with the shape.</exception>
    public DenseLinear(ReadOnlySpan<float> matrix, int outputSize, int inputSize, ReadOnlySpan<float> bias)
        : base(outputSize, inputSize, bias)
    {
        if (matrix.Length != (long)outputSize * inputSize)
            throw new ArgumentException($"{outputSize} x {inputSize} weights are expected, {matrix.Length} were given.", nameof(matrix));
        _matrix = matrix.ToArray();
    }

    /// <inheritdoc/>
    private protected override void ForwardCore(ActivationBlock input, Span<float> output)
    {
        ReadOnlySpan<float> values = input.Values;
        for (int m = 0; m < input.Rows; m++)
        {
            for (int n = 0; n < OutputSize; n++)
            {
                float sum = Bias[n];
                for (int k = 0; k < InputSize; k++)
                    sum += values[m * InputSize + k] * _matrix[n * InputSize + k];
                output[m * OutputSize + n] = sum;
            }
        }
    }
}

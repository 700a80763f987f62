// Layers that stay in full precision: dense modules after pooling, layers left out of ternarisation, and whole teachers.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A linear layer with float32 weights and activations.</summary>
/// <remarks>The weights are laid out for the processor at construction; the array given is not kept.</remarks>
public sealed unsafe class DenseLinear : LinearLayer
{
    private readonly AlignedBuffer<float> _panels;
    private readonly AlignedBuffer<float> _start;

    /// <summary>Creates a layer from its weights.</summary>
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
        int padded = FloatGemm.PaddedColumns(outputSize);
        _panels = new AlignedBuffer<float>(checked(padded * inputSize));
        _start = new AlignedBuffer<float>(padded);
        bias.CopyTo(_start.Span);
        fixed (float* weights = matrix)
            FloatGemm.PackTransposed(weights, inputSize, outputSize, inputSize, factor: 1, _panels.Pointer);
    }

    /// <inheritdoc/>
    private protected override void ForwardCore(ActivationBlock input, Span<float> output)
    {
        fixed (float* a = input.Values, c = output)
            FloatGemm.Multiply(a, InputSize, input.Rows, InputSize, _panels.Pointer, OutputSize, _start.Pointer, c, OutputSize);
        GC.KeepAlive(this);
    }
}

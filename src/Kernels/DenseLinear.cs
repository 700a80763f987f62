// Layers that stay in full precision: dense modules after pooling, layers left out of ternarisation, and whole teachers.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A linear layer with float32 weights and activations.</summary>
/// <remarks>The weights are laid out for the processor at construction; the array given is not kept.</remarks>
public sealed unsafe class DenseLinear : LinearLayer
{
    // Rows that meet all weights before they are finished; their outputs stay in the second-level cache.
    private const int BlockRows = 48;

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
    public override ActivationForms InputForm => ActivationForms.Float32;

    /// <inheritdoc/>
    private protected override void ForwardCore(
        ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace)
    {
        for (int row = firstRow; row < firstRow + rows; row += BlockRows)
        {
            int count = Math.Min(BlockRows, firstRow + rows - row);
            float* values = output.Begin(row, count, workspace);
            FloatGemm.Multiply(input.ValuesOf(row), InputSize, count, InputSize, _panels.Pointer, OutputSize, _start.Pointer, values, OutputSize);
            workspace.Times?.Add(Stage.Gemm);
            output.Finish(row, count, values, workspace);
        }
    }
}

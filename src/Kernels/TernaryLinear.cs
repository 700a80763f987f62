// The layer that the project exists for: ternary weights, int8 activations, integer sums.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A linear layer with ternary weights. Activations are quantised to int8 a token; sums are exact int32:
/// y(n) = scale(token) x scale(n) x Σ code(token, k) code(n, k) + bias(n).</summary>
/// <remarks>The weights are laid out for the processor once, at construction; the matrix is not kept. Every
/// <see cref="TernaryKernel"/> gives the same bits.</remarks>
public sealed class TernaryLinear : LinearLayer
{
    private readonly TernaryGemm _gemm;

    /// <summary>Lays out the weights for the fastest kernel of this machine, or for <paramref name="kernel"/>.</summary>
    /// <param name="matrix">The weights, outputs x inputs, of one digit or two.</param>
    /// <param name="bias">One offset an output; empty for none.</param>
    /// <param name="kernel">The kernel to run; by default <see cref="TernaryKernels.Best"/>.</param>
    /// <exception cref="ArgumentException">The number of biases is not that of the outputs, or the layer has so many inputs that
    /// sums might not fit in 32 bits (4.2 million where weights have two digits, 16.9 million where they have one).</exception>
    public TernaryLinear(TernaryMatrix matrix, ReadOnlySpan<float> bias, TernaryKernel? kernel = null)
        : base(Checked(matrix).Rows, matrix.Columns, bias)
    {
        Kernel = kernel ?? TernaryKernels.Best;
        _gemm = TernaryGemm.Create(matrix, Bias, Kernel);
    }

    /// <summary>The kernel that runs this layer.</summary>
    public TernaryKernel Kernel { get; }

    /// <inheritdoc/>
    public override ActivationForms InputForm => ActivationForms.Int8;

    /// <inheritdoc/>
    private protected override void ForwardCore(
        ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace) =>
        _gemm.Multiply(input, firstRow, rows, output, workspace);

    private static TernaryMatrix Checked(TernaryMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        int most = int.MaxValue / (matrix.LargestCode * Int8Quantizer.LargestCode);
        if (matrix.Columns > most)
            throw new ArgumentException($"The matrix has {matrix.Columns} columns; 32-bit sums over weights of {matrix.Digits} digit(s) hold {most}.", nameof(matrix));
        return matrix;
    }
}

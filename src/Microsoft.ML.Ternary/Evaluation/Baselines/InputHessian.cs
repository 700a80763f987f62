// The Hessian of a linear layer's squared output error with respect to a row of its weights: H = 2 X X^T, X the inputs, the same for
// every row.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Evaluation.Baselines;

/// <summary>Adds up 2 x x^T over inputs.</summary>
/// <param name="size">Components of an input.</param>
internal sealed class InputHessian(int size)
{
    private readonly LinearWorkspace _workspace = new();

    /// <summary>The sum, <c>size</c> x <c>size</c>, symmetric.</summary>
    public double[] Matrix { get; } = new double[checked(size * size)];

    /// <summary>Adds inputs, row after row.</summary>
    public void Add(ReadOnlySpan<float> inputs)
    {
        int rows = inputs.Length / size;
        float[] transposed = new float[inputs.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < size; column++)
                transposed[column * rows + row] = inputs[row * size + column];
        }
        // A layer whose weights are X, applied to the rows of X, gives X X^T at the speed of the dense kernel.
        DenseLinear gram = new(transposed, size, rows, []);
        ActivationBlock input = new(size, rows, ActivationForms.Float32), output = new(size, size, ActivationForms.Float32);
        transposed.CopyTo(input.Values);
        gram.Forward(input, new LinearOutput(output), _workspace);
        ReadOnlySpan<float> products = output.Values;
        for (int i = 0; i < products.Length; i++)
            Matrix[i] += 2.0 * products[i];
    }
}

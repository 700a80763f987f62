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

    /// <summary>The form in which the layer reads its input.</summary>
    public abstract ActivationForms InputForm { get; }

    /// <summary>Computes rows on the calling thread. Threads may compute different rows of the same blocks at once.</summary>
    /// <param name="input">Rows of <see cref="InputSize"/> components, with <see cref="InputForm"/> among their forms.</param>
    /// <param name="firstRow">The first row to compute.</param>
    /// <param name="rows">The number of rows to compute.</param>
    /// <param name="output">Where the rows go: another block than the input, with as many rows, of <see cref="OutputSize"/> components.</param>
    /// <param name="workspace">The calling thread's working memory.</param>
    /// <exception cref="ArgumentException">The input or the output has another shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    /// <exception cref="InvalidOperationException">The input lacks the form that the layer reads.</exception>
    public void Forward(ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(workspace);
        if (input.Columns != InputSize)
            throw new ArgumentException($"The layer takes {InputSize} components a row but gets {input.Columns}.", nameof(input));
        input.Require(InputForm);
        input.RequireRows(firstRow, rows);
        output.Check(input, OutputSize);
        if (rows > 0)
            ForwardCore(input, firstRow, rows, output, workspace);
        GC.KeepAlive(input);
        GC.KeepAlive(this);
    }

    /// <summary>Computes every row on the calling thread.</summary>
    /// <exception cref="ArgumentException">The input or the output has another shape.</exception>
    /// <exception cref="InvalidOperationException">The input lacks the form that the layer reads.</exception>
    public void Forward(ActivationBlock input, in LinearOutput output, LinearWorkspace workspace)
    {
        ArgumentNullException.ThrowIfNull(input);
        Forward(input, 0, input.Rows, output, workspace);
    }

    /// <summary>Computes rows, of which there is at least one; the shapes are known to agree.</summary>
    private protected abstract void ForwardCore(
        ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace);
}

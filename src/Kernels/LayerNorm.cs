// The parameters of a layer norm, laid out once for the processor.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>y = (x - mean) / sqrt(variance + epsilon) x gain + bias, with the biased variance about the mean. Immutable.</summary>
public sealed unsafe class LayerNorm
{
    private readonly AlignedBuffer<float> _gain;
    private readonly AlignedBuffer<float> _bias;
    private readonly float _epsilon;

    /// <summary>Creates a layer norm.</summary>
    /// <param name="gain">One factor a component.</param>
    /// <param name="bias">One offset a component.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ArgumentException">There are no gains, or not as many biases.</exception>
    public LayerNorm(ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float epsilon)
    {
        if (gain.Length == 0 || bias.Length != gain.Length)
            throw new ArgumentException($"A layer norm has as many gains as biases and at least one; here {gain.Length} and {bias.Length}.", nameof(bias));
        Size = gain.Length;
        _gain = new AlignedBuffer<float>(Size);
        _bias = new AlignedBuffer<float>(Size);
        gain.CopyTo(_gain.Span);
        bias.CopyTo(_bias.Span);
        _epsilon = epsilon;
    }

    /// <summary>Components of a row.</summary>
    public int Size { get; }

    /// <summary>Normalises rows of a block in every form it has.</summary>
    /// <exception cref="ArgumentException">The block's rows have another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    /// <exception cref="InvalidOperationException">The block has no float32 form.</exception>
    public void Apply(ActivationBlock block, int firstRow, int rows)
    {
        ArgumentNullException.ThrowIfNull(block);
        block.Require(ActivationForms.Float32);
        block.RequireRows(firstRow, rows);
        if (block.Columns != Size)
            throw new ArgumentException($"The norm is for rows of {Size} values; the block's have {block.Columns}.", nameof(block));
        for (int row = firstRow; row < firstRow + rows; row++)
        {
            float max = ApplyRow(block.ValuesOf(row), null);
            if ((block.Forms & ActivationForms.Int8) != 0)
                block.SetCodes(row, block.ValuesOf(row), max);
        }
        GC.KeepAlive(block);
    }

    /// <summary>Normalises rows of one block into another, in every form that has.</summary>
    /// <exception cref="ArgumentException">The blocks' rows have another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    /// <exception cref="InvalidOperationException">A block has no float32 form.</exception>
    public void Apply(ActivationBlock source, ActivationBlock destination, int firstRow, int rows)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        source.RequireRows(firstRow, rows);
        destination.RequireRows(firstRow, rows);
        if (source.Columns != destination.Columns)
            throw new ArgumentException($"The source has rows of {source.Columns} values, the destination of {destination.Columns}.", nameof(destination));
        source.Values.Slice(firstRow * source.Columns, rows * source.Columns).CopyTo(destination.Values[(firstRow * source.Columns)..]);
        Apply(destination, firstRow, rows);
    }

    /// <summary>Adds <paramref name="residual"/>, where there is one, and normalises a row.</summary>
    /// <returns>The largest magnitude of the result; NaN where it holds one.</returns>
    internal float ApplyRow(float* row, float* residual)
    {
        float max = Normalization.LayerNormRow(row, residual, _gain.Pointer, _bias.Pointer, Size, _epsilon);
        GC.KeepAlive(this);
        return max;
    }
}

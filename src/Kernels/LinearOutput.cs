// What becomes of a linear layer's rows. A layer computes a few rows at a time; while they are in the cache they pass through
// activation function, residual sum and layer norm and are rounded for the next layer, so no temporary is larger than that.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Where a linear layer's rows go, and through what: sum = function(W x + b) + residual, destination = norm(sum).</summary>
/// <param name="destination">Receives the rows in each of its forms: as many rows as the input, as many columns as the layer has
/// outputs.</param>
public readonly unsafe struct LinearOutput(ActivationBlock destination)
{
    /// <summary>Where the rows go.</summary>
    public ActivationBlock Destination { get; } = destination;

    /// <summary>Applied to every value first.</summary>
    public ActivationFunction Function { get; init; }

    /// <summary>Added next: a block of the destination's shape with the float32 form, another one than the destination.</summary>
    public ActivationBlock? Residual { get; init; }

    /// <summary>Receives the rows before <see cref="Norm"/>, which encoders whose norms come first go on with: a block of the
    /// destination's shape with the float32 form, which may be the residual. Its int8 form, where it has one, stays as it was. Null where
    /// nobody wants them.</summary>
    public ActivationBlock? Sum { get; init; }

    /// <summary>Applied to every row last.</summary>
    public LayerNorm? Norm { get; init; }

    /// <summary>Refuses an output that cannot take the rows of a layer.</summary>
    internal void Check(ActivationBlock input, int columns)
    {
        int rows = input.Rows;
        if (Destination is null)
            throw new ArgumentException("The output has no destination.", nameof(Destination));
        if (Destination.Rows != rows || Destination.Columns != columns)
            throw new ArgumentException($"The layer gives {rows} rows of {columns} values; the destination is {Destination.Rows} x {Destination.Columns}.", nameof(Destination));
        if (Destination == input)
            throw new ArgumentException("A layer cannot write into the block that it reads; give it another destination.", nameof(Destination));
        if (Norm is not null && Norm.Size != columns)
            throw new ArgumentException($"The layer gives rows of {columns} values; the norm is for {Norm.Size}.", nameof(Norm));
        RequireOther(Residual, "residual", rows, columns);
        RequireOther(Sum, "sum", rows, columns);
        if (Sum is not null && Sum == input)
            throw new ArgumentException("A layer cannot write into the block that it reads; give it another block for sums.", nameof(Sum));
    }

    private void RequireOther(ActivationBlock? block, string name, int rows, int columns)
    {
        if (block is null)
            return;
        block.Require(ActivationForms.Float32);
        if (block.Rows != rows || block.Columns != columns || block == Destination)
            throw new ArgumentException($"The {name} must be another block of {rows} x {columns} values than the destination.", name);
    }

    /// <summary>Where a kernel writes W x + b for rows from <paramref name="row"/> on, one after the other: the destination, or
    /// the workspace where that keeps no float32.</summary>
    internal float* Begin(int row, int rows, LinearWorkspace workspace)
    {
        if ((Destination.Forms & ActivationForms.Float32) != 0)
            return Destination.ValuesOf(row);
        workspace.Rows.Grow(checked(rows * Destination.Columns));
        return workspace.Rows.Pointer;
    }

    /// <summary>Finishes rows that a kernel wrote where <see cref="Begin"/> said.</summary>
    internal void Finish(int row, int rows, float* values, LinearWorkspace workspace)
    {
        int columns = Destination.Columns;
        bool isQuantized = (Destination.Forms & ActivationForms.Int8) != 0;
        for (int m = 0; m < rows; m++, values += columns)
        {
            if (Function != ActivationFunction.Identity)
                Activations.Apply(Function, values, columns);
            float* residual = Residual is null ? null : Residual.ValuesOf(row + m);
            if (Sum is not null)
            {
                if (residual != null)
                    Elementwise.Add(values, residual, columns);
                residual = null;
                new ReadOnlySpan<float>(values, columns).CopyTo(new Span<float>(Sum.ValuesOf(row + m), columns));
            }
            if (Norm is not null)
            {
                float max = Norm.ApplyRow(values, residual);
                if (isQuantized)
                    Destination.SetCodes(row + m, values, max);
                continue;
            }
            if (residual != null)
                Elementwise.Add(values, residual, columns);
            if (isQuantized)
                Destination.SetCodes(row + m, values);
        }
        workspace.Times?.Add(Norm is null ? Stage.Activation : Stage.Norm);
        GC.KeepAlive(Destination);
        GC.KeepAlive(Residual);
        GC.KeepAlive(Sum);
    }
}

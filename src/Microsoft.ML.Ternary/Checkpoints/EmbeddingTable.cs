// Token embeddings are half of a small model's file, so they are stored in fewer bits than they are used in.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A table of embeddings, one row a token, in one of several storage forms.</summary>
public abstract class EmbeddingTable(int rows, int columns)
{
    /// <summary>Number of rows.</summary>
    public int Rows { get; } = rows;

    /// <summary>Components of a row.</summary>
    public int Columns { get; } = columns;

    /// <summary>Writes row <paramref name="row"/> in float32 to <paramref name="destination"/> (<see cref="Columns"/> long).</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public abstract void CopyRow(int row, Span<float> destination);

    /// <summary>Adds row <paramref name="row"/> to <paramref name="destination"/> (<see cref="Columns"/> long).</summary>
    public virtual void AddRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        Span<float> values = Columns <= 1024 ? stackalloc float[Columns] : new float[Columns];
        CopyRow(row, values);
        for (int i = 0; i < values.Length; i++)
            destination[i] += values[i];
    }

    /// <summary>Refuses a row that does not exist and a destination that is too short.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ArgumentException">The destination is shorter than a row.</exception>
    private protected void RequireRow(int row, ReadOnlySpan<float> destination)
    {
        if ((uint)row >= (uint)Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The table has the rows 0 to {Rows - 1}.");
        if (destination.Length < Columns)
            throw new ArgumentException($"The destination holds {destination.Length} values, a row {Columns}.", nameof(destination));
    }
}

/// <summary>Embeddings in float32.</summary>
public sealed class Float32EmbeddingTable(float[] values, int rows, int columns) : EmbeddingTable(rows, columns)
{
    /// <summary>All rows, row-major.</summary>
    public float[] Values { get; } = values;

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        Values.AsSpan(row * Columns, Columns).CopyTo(destination);
    }

    /// <inheritdoc/>
    public override void AddRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        Span<float> target = destination[..Columns];
        TensorPrimitives.Add(target, Values.AsSpan(row * Columns, Columns), target);
    }
}

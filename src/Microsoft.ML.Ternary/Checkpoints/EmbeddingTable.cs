// Token embeddings are half of a small model's file, so they are stored in fewer bits than they are used in.
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
        Span<float> values = Columns <= 1024 ? stackalloc float[Columns] : new float[Columns];
        CopyRow(row, values);
        for (int i = 0; i < values.Length; i++)
            destination[i] += values[i];
    }
}

/// <summary>Embeddings in float32.</summary>
public sealed class Float32EmbeddingTable(float[] values, int rows, int columns) : EmbeddingTable(rows, columns)
{
    /// <summary>All rows, row-major.</summary>
    public float[] Values { get; } = values;

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination) =>
        Values.AsSpan(checked(row * Columns), Columns).CopyTo(destination);
}

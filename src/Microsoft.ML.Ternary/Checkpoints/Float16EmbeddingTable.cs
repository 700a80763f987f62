// Token embeddings in float16: half the bytes, and no loss where the checkpoint was float16 already.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Embeddings in float16.</summary>
public sealed class Float16EmbeddingTable : EmbeddingTable
{
    private readonly ReadOnlyMemory<byte> _values;

    /// <summary>Wraps float16 values, little-endian and row-major, without copying them.</summary>
    internal Float16EmbeddingTable(ReadOnlyMemory<byte> values, int rows, int columns)
        : base(rows, columns) => _values = values;

    /// <summary>The values as they are stored.</summary>
    internal ReadOnlyMemory<byte> Bytes => _values;

    /// <summary>Rounds a table to float16.</summary>
    public static Float16EmbeddingTable From(EmbeddingTable source)
    {
        ArgumentNullException.ThrowIfNull(source);
        byte[] bytes = new byte[checked(2 * source.Rows * source.Columns)];
        float[] row = new float[source.Columns];
        for (int i = 0; i < source.Rows; i++)
        {
            source.CopyRow(i, row);
            LittleEndian.ToHalfBytes(row).CopyTo(bytes, 2 * i * row.Length);
        }
        return new Float16EmbeddingTable(bytes, source.Rows, source.Columns);
    }

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        LittleEndian.HalfToSingle(_values.Span.Slice(2 * row * Columns, 2 * Columns), destination[..Columns]);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public override void AddRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        Span<float> values = Columns <= 1024 ? stackalloc float[Columns] : new float[Columns];
        CopyRow(row, values);
        TensorPrimitives.Add(destination[..Columns], values, destination[..Columns]);
    }
}

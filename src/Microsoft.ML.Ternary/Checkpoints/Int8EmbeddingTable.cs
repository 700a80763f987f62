// Token embeddings in int8 with a scale per row: a quarter of float32, with cosines to the original above .9999.
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Embeddings in int8, symmetric, with one float32 scale a row: value = code x scale.</summary>
public sealed class Int8EmbeddingTable : EmbeddingTable
{
    private readonly ReadOnlyMemory<byte> _codes;
    private readonly float[] _scales;

    /// <summary>Wraps codes, row-major, without copying them.</summary>
    internal Int8EmbeddingTable(ReadOnlyMemory<byte> codes, float[] scales, int rows, int columns)
        : base(rows, columns)
    {
        _codes = codes;
        _scales = scales;
    }

    /// <summary>The codes as they are stored, one signed byte each.</summary>
    internal ReadOnlyMemory<byte> Codes => _codes;

    /// <summary>One scale a row.</summary>
    internal float[] Scales => _scales;

    /// <summary>Rounds a table: scale = max|x| / 127, code = x / scale to the nearest, ties to even.</summary>
    public static Int8EmbeddingTable From(EmbeddingTable source)
    {
        ArgumentNullException.ThrowIfNull(source);
        byte[] codes = new byte[checked(source.Rows * source.Columns)];
        float[] scales = new float[source.Rows];
        float[] row = new float[source.Columns];
        for (int i = 0; i < source.Rows; i++)
        {
            source.CopyRow(i, row);
            float scale = MathF.Abs(TensorPrimitives.MaxMagnitude<float>(row)) / sbyte.MaxValue;
            scales[i] = scale;
            if (scale == 0)
                continue;
            Span<sbyte> target = MemoryMarshal.Cast<byte, sbyte>(codes.AsSpan(i * row.Length, row.Length));
            for (int j = 0; j < row.Length; j++)
                target[j] = (sbyte)Math.Clamp(MathF.Round(row[j] / scale), -sbyte.MaxValue, sbyte.MaxValue);
        }
        return new Int8EmbeddingTable(codes, scales, source.Rows, source.Columns);
    }

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        destination[..Columns].Clear();
        AddRow(row, destination);
    }

    /// <inheritdoc/>
    public override void AddRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        ReadOnlySpan<sbyte> codes = MemoryMarshal.Cast<byte, sbyte>(_codes.Span.Slice(row * Columns, Columns));
        float scale = _scales[row];
        int i = 0;
        for (; i <= codes.Length - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
        {
            Vector.Widen(new Vector<sbyte>(codes[i..]), out Vector<short> low, out Vector<short> high);
            AddScaled(low, scale, destination[i..]);
            AddScaled(high, scale, destination[(i + Vector<short>.Count)..]);
        }
        for (; i < codes.Length; i++)
            destination[i] += codes[i] * scale;
        GC.KeepAlive(this);
    }

    private static void AddScaled(Vector<short> codes, float scale, Span<float> destination)
    {
        Vector.Widen(codes, out Vector<int> low, out Vector<int> high);
        (new Vector<float>(destination) + Vector.ConvertToSingle(low) * scale).CopyTo(destination);
        Span<float> second = destination[Vector<float>.Count..];
        (new Vector<float>(second) + Vector.ConvertToSingle(high) * scale).CopyTo(second);
    }
}

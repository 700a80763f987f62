// The one type that both sides of the system share: distillation and files make it, kernels run it.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A matrix of ternary codes -1, 0, +1 with its scales: value(row, column) = code(row, column) x scale(row).</summary>
/// <remarks>Stored compactly: five codes a byte in base 3, rows begin on a byte. Immutable.</remarks>
public sealed class TernaryMatrix
{
    private TernaryMatrix(int rows, int columns, ReadOnlyMemory<byte> packed, ReadOnlyMemory<float> scales)
    {
        Rows = rows;
        Columns = columns;
        Packed = packed;
        Scales = scales;
    }

    /// <summary>Number of rows: the output size of the linear layer.</summary>
    public int Rows { get; }

    /// <summary>Number of columns: the input size of the linear layer.</summary>
    public int Columns { get; }

    /// <summary>The codes, five a byte in base 3, each row in (<see cref="Columns"/> + 4) / 5 bytes.</summary>
    public ReadOnlyMemory<byte> Packed { get; }

    /// <summary>One scale for the matrix, or one a row.</summary>
    public ReadOnlyMemory<float> Scales { get; }

    /// <summary>The scale of a row.</summary>
    public float Scale(int row) => Scales.Span[Scales.Length == 1 ? 0 : row];

    /// <summary>Creates a matrix from unpacked codes, row-major.</summary>
    /// <exception cref="ArgumentException">A code is not -1, 0 or +1, or a length disagrees with the shape.</exception>
    public static TernaryMatrix FromCodes(ReadOnlySpan<sbyte> codes, int rows, int columns, ReadOnlySpan<float> scales) =>
        throw new NotImplementedException();

    /// <summary>Wraps codes that are packed already, without copying them.</summary>
    public static TernaryMatrix FromPacked(ReadOnlyMemory<byte> packed, int rows, int columns, ReadOnlyMemory<float> scales) =>
        throw new NotImplementedException();

    /// <summary>Writes the codes of one row to <paramref name="destination"/> (<see cref="Columns"/> long).</summary>
    public void UnpackRow(int row, Span<sbyte> destination) => throw new NotImplementedException();
}

// The one type that both sides of the system share: distillation and files make it, kernels run it.
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A matrix of ternary codes -1, 0, +1 with its scales: value(row, column) = code(row, column) x scale(row).</summary>
/// <remarks>
/// <para>Stored compactly: five codes a byte in base 3, rows begin on a byte. Immutable, and shared freely between threads.</para>
/// <para>A weight may have a second ternary digit: its code is then low + 3 x high, -4 to 4. The digits are stored as two planes,
/// the low digits of the whole matrix first.</para>
/// </remarks>
public sealed class TernaryMatrix
{
    private TernaryMatrix(int rows, int columns, int digits, ReadOnlyMemory<byte> packed, ReadOnlyMemory<float> scales)
    {
        Rows = rows;
        Columns = columns;
        Digits = digits;
        Packed = packed;
        Scales = scales;
    }

    /// <summary>Number of rows: the output size of the linear layer.</summary>
    public int Rows { get; }

    /// <summary>Number of columns: the input size of the linear layer.</summary>
    public int Columns { get; }

    /// <summary>Ternary digits a weight, 1 or 2.</summary>
    public int Digits { get; }

    /// <summary>The largest code, 1 or 4; the smallest is its negative.</summary>
    public int LargestCode => LargestCodeOf(Digits);

    /// <summary>The codes, five a byte in base 3, each row in (<see cref="Columns"/> + 4) / 5 bytes, one plane after another.</summary>
    public ReadOnlyMemory<byte> Packed { get; }

    /// <summary>One scale for the matrix, or one a row.</summary>
    public ReadOnlyMemory<float> Scales { get; }

    /// <summary>The scale of a row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public float Scale(int row)
    {
        RequireRow(row);
        return Scales.Span[Scales.Length == 1 ? 0 : row];
    }

    /// <summary>The length that <see cref="Packed"/> has for a matrix of this shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The shape is not that of a matrix, or is too large for one buffer.</exception>
    public static int PackedLength(int rows, int columns, int digits = 1)
    {
        RequireShape(rows, columns, digits);
        long length = (long)rows * Base3.RowBytes(columns) * digits;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength, nameof(rows));
        return (int)length;
    }

    /// <summary>Creates a matrix from unpacked codes, row-major.</summary>
    /// <param name="codes">The codes, <paramref name="rows"/> x <paramref name="columns"/>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="scales">One scale, or one a row.</param>
    /// <param name="digits">Ternary digits a weight: 1 for codes -1 to 1, 2 for codes -4 to 4.</param>
    /// <exception cref="ArgumentException">A code is out of range, a scale is not finite, or a length disagrees with the shape.</exception>
    public static TernaryMatrix FromCodes(
        ReadOnlySpan<sbyte> codes, int rows, int columns, ReadOnlySpan<float> scales, int digits = 1)
    {
        var packed = new byte[PackedLength(rows, columns, digits)];
        RequireLength(codes.Length, rows, columns, nameof(codes));
        RequireScales(scales, rows);
        int largest = LargestCodeOf(digits);
        int bad = codes.IndexOfAnyExceptInRange((sbyte)-largest, (sbyte)largest);
        if (bad >= 0)
            throw new ArgumentException($"The code at row {bad / columns}, column {bad % columns} is {codes[bad]}; codes of {digits} digit(s) lie in -{largest} to {largest}.", nameof(codes));

        int rowBytes = Base3.RowBytes(columns);
        var digitCodes = new sbyte[columns];
        for (int plane = 0; plane < digits; plane++)
        {
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<sbyte> rowCodes = codes.Slice(row * columns, columns);
                if (digits > 1)
                {
                    DigitOf(rowCodes, plane, digitCodes);
                    rowCodes = digitCodes;
                }
                Base3.PackRow(rowCodes, packed.AsSpan((plane * rows + row) * rowBytes, rowBytes));
            }
        }
        return new TernaryMatrix(rows, columns, digits, packed, scales.ToArray());
    }

    /// <summary>Wraps codes that are packed already, without copying them; neither buffer may change afterwards.</summary>
    /// <exception cref="ArgumentException">A byte is above 242, which no five codes give; a scale is not finite; or a length
    /// disagrees with the shape.</exception>
    public static TernaryMatrix FromPacked(
        ReadOnlyMemory<byte> packed, int rows, int columns, ReadOnlyMemory<float> scales, int digits = 1)
    {
        int expected = PackedLength(rows, columns, digits);
        if (packed.Length != expected)
            throw new ArgumentException($"The packed codes of {rows} x {columns} weights are {expected} bytes, not {packed.Length}.", nameof(packed));
        RequireScales(scales.Span, rows);
        int bad = packed.Span.IndexOfAnyExceptInRange((byte)0, Base3.LargestByte);
        if (bad >= 0)
            throw new ArgumentException($"Byte {bad} of the packed codes is {packed.Span[bad]}; five ternary codes give at most {Base3.LargestByte}. The data is damaged or not in this packing.", nameof(packed));
        return new TernaryMatrix(rows, columns, digits, packed, scales);
    }

    /// <summary>Rounds full-precision weights, row-major, to one or two ternary digits each.</summary>
    /// <param name="weights">The weights, <paramref name="rows"/> x <paramref name="columns"/>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="scaling">The rule: where the threshold or the step lies, and which scale the codes carry.</param>
    /// <param name="digits">Ternary digits a weight, 1 or 2.</param>
    /// <exception cref="ArgumentException">A weight is not finite, or the length disagrees with the shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The shape is not that of a matrix, or there are not 1 or 2 digits.</exception>
    public static TernaryMatrix Ternarize(ReadOnlySpan<float> weights, int rows, int columns, TernaryScaling scaling, int digits = 1)
    {
        ArgumentNullException.ThrowIfNull(scaling);
        RequireShape(rows, columns, digits);
        RequireLength(weights.Length, rows, columns, nameof(weights));
        RequireFinite(weights, columns);
        // The part of the matrix that shares a scale: a row, or all.
        int length = scaling.IsPerRow ? columns : weights.Length;
        var codes = new sbyte[weights.Length];
        var scales = new float[weights.Length / length];
        for (int i = 0; i < scales.Length; i++)
        {
            ReadOnlySpan<float> part = weights.Slice(i * length, length);
            Span<sbyte> partCodes = codes.AsSpan(i * length, length);
            scales[i] = (digits, scaling.IsPerRow) switch
            {
                (2, _) => RoundToTwoDigits(part, scaling.Step, partCodes),
                (_, true) => KeepLargest(part, scaling.Threshold, partCodes),
                _ => RoundToOneDigit(part, scaling.Threshold, partCodes),
            };
        }
        return FromCodes(codes, rows, columns, scales, digits);
    }

    /// <summary>One matrix of the rows of all of <paramref name="matrices"/>, first to last, with a scale a row, so that
    /// projections of the same input run as one.</summary>
    /// <exception cref="ArgumentException">There is no matrix, or columns or digits differ.</exception>
    public static TernaryMatrix Concatenate(params ReadOnlySpan<TernaryMatrix> matrices)
    {
        if (matrices.Length == 0)
            throw new ArgumentException("At least one matrix is needed.", nameof(matrices));
        (int columns, int digits) = (matrices[0].Columns, matrices[0].Digits);
        int rows = 0;
        foreach (TernaryMatrix matrix in matrices)
        {
            if (matrix.Columns != columns || matrix.Digits != digits)
                throw new ArgumentException($"A matrix of {matrix.Columns} columns and {matrix.Digits} digit(s) cannot follow one of {columns} columns and {digits} digit(s).", nameof(matrices));
            rows = checked(rows + matrix.Rows);
        }
        var scales = new float[rows];
        var packed = new byte[PackedLength(rows, columns, digits)];
        int rowBytes = Base3.RowBytes(columns);
        int first = 0;
        foreach (TernaryMatrix matrix in matrices)
        {
            int planeBytes = matrix.Rows * rowBytes;
            for (int plane = 0; plane < digits; plane++)
                matrix.Packed.Span.Slice(plane * planeBytes, planeBytes).CopyTo(packed.AsSpan((plane * rows + first) * rowBytes));
            for (int row = 0; row < matrix.Rows; row++)
                scales[first + row] = matrix.Scale(row);
            first += matrix.Rows;
        }
        return new TernaryMatrix(rows, columns, digits, packed, scales);
    }

    /// <summary>Writes the codes of one row to <paramref name="destination"/> (<see cref="Columns"/> long).</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not <see cref="Columns"/> long.</exception>
    public void UnpackRow(int row, Span<sbyte> destination)
    {
        RequireRow(row);
        if (destination.Length != Columns)
            throw new ArgumentException($"A row has {Columns} codes; the destination holds {destination.Length}.", nameof(destination));
        Base3.UnpackRow(PackedRow(row, plane: 0), destination);
        if (Digits == 1)
            return;
        Span<sbyte> high = Columns <= 4096 ? stackalloc sbyte[Columns] : new sbyte[Columns];
        Base3.UnpackRow(PackedRow(row, plane: 1), high);
        for (int i = 0; i < high.Length; i++)
            destination[i] += (sbyte)(3 * high[i]);
    }

    /// <summary>Counts the weights that are zero; the work is that of unpacking the matrix.</summary>
    public long CountZeros()
    {
        long zeros = 0;
        var codes = new sbyte[Columns];
        for (int row = 0; row < Rows; row++)
        {
            UnpackRow(row, codes);
            zeros += codes.AsSpan().Count((sbyte)0);
        }
        return zeros;
    }

    private ReadOnlySpan<byte> PackedRow(int row, int plane)
    {
        int rowBytes = Base3.RowBytes(Columns);
        return Packed.Span.Slice((plane * Rows + row) * rowBytes, rowBytes);
    }

    private static float RoundToOneDigit(ReadOnlySpan<float> weights, float threshold, Span<sbyte> codes)
    {
        float scale = (float)(threshold * MeanMagnitude(weights));
        Round(weights, scale, LargestCodeOf(digits: 1), codes);
        return scale;
    }

    private static float KeepLargest(ReadOnlySpan<float> row, float threshold, Span<sbyte> codes)
    {
        float limit = (float)(threshold * MeanMagnitude(row));
        double sum = 0;
        int kept = 0;
        for (int i = 0; i < row.Length; i++)
        {
            if (MathF.Abs(row[i]) <= limit)
                continue;
            codes[i] = (sbyte)MathF.Sign(row[i]);
            sum += MathF.Abs(row[i]);
            kept++;
        }
        return kept == 0 ? 0 : (float)(sum / kept);
    }

    private static float RoundToTwoDigits(ReadOnlySpan<float> weights, float step, Span<sbyte> codes)
    {
        Round(weights, (float)(step * MeanMagnitude(weights)), LargestCodeOf(digits: 2), codes);
        double products = 0;
        long squares = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            products += (double)weights[i] * codes[i];
            squares += codes[i] * codes[i];
        }
        return squares == 0 ? 0 : (float)(products / squares);
    }

    private static void Round(ReadOnlySpan<float> weights, float scale, int largest, Span<sbyte> codes)
    {
        for (int i = 0; i < weights.Length; i++)
            codes[i] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(weights[i] / scale), -largest, largest);
    }

    private static double MeanMagnitude(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (float weight in weights)
            sum += MathF.Abs(weight);
        return sum / weights.Length;
    }

    // Balanced ternary: the low digit is the code's distance from the nearest multiple of 3.
    private static void DigitOf(ReadOnlySpan<sbyte> codes, int plane, Span<sbyte> digits)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            int low = (codes[i] + 4) % 3 - 1;
            digits[i] = (sbyte)(plane == 0 ? low : (codes[i] - low) / 3);
        }
    }

    private static int LargestCodeOf(int digits) => digits == 1 ? 1 : 4;

    private void RequireRow(int row)
    {
        if ((uint)row >= (uint)Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The matrix has {Rows} rows.");
    }

    private static void RequireShape(int rows, int columns, int digits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (digits is not (1 or 2))
            throw new ArgumentOutOfRangeException(nameof(digits), digits, "A weight has 1 or 2 ternary digits.");
    }

    private static void RequireLength(int length, int rows, int columns, string name)
    {
        if (length != (long)rows * columns)
            throw new ArgumentException($"{rows} x {columns} values are expected, {length} were given.", name);
    }

    private static void RequireFinite(ReadOnlySpan<float> weights, int columns)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            if (!float.IsFinite(weights[i]))
                throw new ArgumentException($"The weight at row {i / columns}, column {i % columns} is {weights[i]}; weights must be finite.", nameof(weights));
        }
    }

    private static void RequireScales(ReadOnlySpan<float> scales, int rows)
    {
        if (scales.Length != 1 && scales.Length != rows)
            throw new ArgumentException($"One scale or one a row ({rows}) is expected, {scales.Length} were given.", nameof(scales));
        foreach (float scale in scales)
        {
            if (!float.IsFinite(scale))
                throw new ArgumentException($"A scale is {scale}; scales must be finite.", nameof(scales));
        }
    }
}

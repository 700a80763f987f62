// The activations of some tokens on their way through a layer, in the forms that the layers to come will read: float32 for
// dense layers, attention and the residual stream, int8 for ternary layers. Whoever makes a row makes its codes too, while the
// row is in the cache; encoders hold on to blocks, so nothing is allocated in a forward pass.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>The forms in which an <see cref="ActivationBlock"/> holds its rows.</summary>
[Flags]
public enum ActivationForms
{
    /// <summary>float32.</summary>
    Float32 = 1,

    /// <summary>int8 codes with a scale a row; see <see cref="Int8Quantizer"/>.</summary>
    Int8 = 2,
}

/// <summary>Rows of activations, one row a token.</summary>
/// <remarks>Buffers grow as needed and are kept. Threads may write different rows at once.</remarks>
public sealed unsafe class ActivationBlock
{
    /// <summary>Quantised rows begin a multiple of this many bytes apart, so that kernels may read whole vectors.</summary>
    internal const int CodeAlignment = 64;

    /// <summary>Every row is followed by at least this many zero codes, so that kernels may read a little past its end.</summary>
    internal const int CodePadding = 12;

    private readonly AlignedBuffer<float> _values = new();
    private readonly AlignedBuffer<sbyte> _codes = new();
    private readonly AlignedBuffer<float> _scales = new();
    private readonly AlignedBuffer<int> _sums = new();

    /// <summary>Creates a block; its rows are undefined until written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    /// <exception cref="OverflowException">The block would have more than 2^31 values.</exception>
    public ActivationBlock(int rows, int columns, ActivationForms forms = ActivationForms.Float32 | ActivationForms.Int8) =>
        Resize(rows, columns, forms);

    /// <summary>Number of rows: tokens.</summary>
    public int Rows { get; private set; }

    /// <summary>Components of a row.</summary>
    public int Columns { get; private set; }

    /// <summary>The forms that the rows have.</summary>
    public ActivationForms Forms { get; private set; }

    /// <summary>The float32 values, row-major.</summary>
    /// <remarks>Writing through it leaves the int8 form as it was; <see cref="Quantize"/> makes it anew.</remarks>
    /// <exception cref="InvalidOperationException">The block has no float32 form.</exception>
    public Span<float> Values
    {
        get
        {
            Require(ActivationForms.Float32);
            return _values.Span[..(Rows * Columns)];
        }
    }

    /// <summary>The bytes between the first codes of two quantised rows.</summary>
    internal int CodeStride => Stride(Columns);

    /// <summary>Gives the block another shape; its rows are undefined until written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    /// <exception cref="OverflowException">The block would have more than 2^31 values.</exception>
    public void Resize(int rows, int columns, ActivationForms forms = ActivationForms.Float32 | ActivationForms.Int8)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if ((forms & ActivationForms.Float32) != 0)
            _values.Grow(checked(rows * columns));
        if ((forms & ActivationForms.Int8) != 0)
        {
            _codes.Grow(checked(rows * Stride(columns) + CodeAlignment));
            _scales.Grow(rows);
            _sums.Grow(rows);
        }
        // Last, so that a block whose memory did not grow keeps the shape that fits it.
        (Rows, Columns, Forms) = (rows, columns, forms);
    }

    /// <summary>Writes one row in every form of the block.</summary>
    /// <exception cref="ArgumentException"><paramref name="values"/> is not <see cref="Columns"/> long.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public void SetRow(int row, ReadOnlySpan<float> values)
    {
        if ((uint)row >= (uint)Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The block has {Rows} rows.");
        if (values.Length != Columns)
            throw new ArgumentException($"A row has {Columns} values, {values.Length} were given.", nameof(values));
        if ((Forms & ActivationForms.Float32) != 0)
            values.CopyTo(_values.Span.Slice(row * Columns, Columns));
        fixed (float* source = values)
        {
            if ((Forms & ActivationForms.Int8) != 0)
                SetCodes(row, source);
        }
        GC.KeepAlive(this);
    }

    /// <summary>Makes the int8 form of rows out of their float32 values.</summary>
    /// <exception cref="InvalidOperationException">The block lacks one of the two forms.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    public void Quantize(int firstRow, int rows)
    {
        Require(ActivationForms.Float32);
        Require(ActivationForms.Int8);
        RequireRows(firstRow, rows);
        for (int row = firstRow; row < firstRow + rows; row++)
            SetCodes(row, ValuesOf(row));
        GC.KeepAlive(this);
    }

    /// <summary>The float32 values of a row; the block has that form.</summary>
    internal float* ValuesOf(int row) => _values.Pointer + (nint)row * Columns;

    /// <summary>The codes of a row; the block has the int8 form.</summary>
    internal sbyte* CodesOf(int row) => _codes.Pointer + (nint)row * CodeStride;

    /// <summary>The scales of the rows from <paramref name="row"/> on.</summary>
    internal float* ScalesOf(int row) => _scales.Pointer + row;

    /// <summary>The sums of the codes of the rows from <paramref name="row"/> on.</summary>
    internal int* SumsOf(int row) => _sums.Pointer + row;

    /// <summary>Writes the int8 form of a row.</summary>
    internal void SetCodes(int row, float* values)
    {
        sbyte* codes = CodesOf(row);
        *ScalesOf(row) = Int8Quantizer.Quantize(values, Columns, codes, out *SumsOf(row));
        new Span<sbyte>(codes + Columns, CodeStride - Columns).Clear();
    }

    /// <summary>Writes the int8 form of a row whose largest magnitude is known.</summary>
    internal void SetCodes(int row, float* values, float max)
    {
        sbyte* codes = CodesOf(row);
        *ScalesOf(row) = Int8Quantizer.Quantize(values, Columns, max, codes, out *SumsOf(row));
        new Span<sbyte>(codes + Columns, CodeStride - Columns).Clear();
    }

    private static int Stride(int columns) => checked(columns + CodePadding + CodeAlignment - 1) / CodeAlignment * CodeAlignment;

    /// <summary>Refuses work that needs a form that the block does not have.</summary>
    internal void Require(ActivationForms form)
    {
        if ((Forms & form) == 0)
            throw new InvalidOperationException($"The block holds its rows as {Forms}; they are needed as {form}. Name that form when the block is made or resized.");
    }

    /// <summary>Refuses rows that the block does not have.</summary>
    internal void RequireRows(int firstRow, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (firstRow > Rows - rows)
            throw new ArgumentOutOfRangeException(nameof(rows), rows, $"Rows {firstRow} to {firstRow + (long)rows - 1} are not in a block of {Rows}.");
    }
}

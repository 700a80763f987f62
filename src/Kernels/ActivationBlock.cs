// The activations of some tokens on their way through a layer. Several projections read the same activations (query, key and
// value), so the block keeps their int8 form once made; encoders hold on to blocks, so nothing is allocated in a forward pass.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Rows of float32 activations, one row a token, with their int8 form on demand.</summary>
/// <remarks>For one thread at a time. Buffers grow as needed and are kept.</remarks>
public sealed class ActivationBlock
{
    /// <summary>Quantised rows begin this many bytes apart or a multiple of it, and are zero past their end, so that kernels
    /// may read whole vectors.</summary>
    internal const int CodeAlignment = 64;

    private readonly AlignedBuffer<float> _values = new();
    private readonly AlignedBuffer<sbyte> _codes = new();
    private float[] _scales = [];
    private int[] _sums = [];
    private bool _isQuantized;

    /// <summary>Creates a block; its values are zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    public ActivationBlock(int rows, int columns) => Resize(rows, columns);

    /// <summary>Number of rows: tokens.</summary>
    public int Rows { get; private set; }

    /// <summary>Components of a row.</summary>
    public int Columns { get; private set; }

    /// <summary>The values, row-major, to read.</summary>
    public ReadOnlySpan<float> Values => _values.Span[..(Rows * Columns)];

    /// <summary>The bytes between the first codes of two quantised rows.</summary>
    internal int CodeStride => (Columns + CodeAlignment - 1) / CodeAlignment * CodeAlignment;

    /// <summary>The int8 codes of all rows, <see cref="CodeStride"/> apart, beginning on a cache line.</summary>
    internal ReadOnlySpan<sbyte> Codes
    {
        get
        {
            Quantize();
            return _codes.Span[..(Rows * CodeStride)];
        }
    }

    /// <summary>The quantisation scale of each row.</summary>
    internal ReadOnlySpan<float> CodeScales
    {
        get
        {
            Quantize();
            return _scales.AsSpan(0, Rows);
        }
    }

    /// <summary>The sum of each row's codes.</summary>
    internal ReadOnlySpan<int> CodeSums
    {
        get
        {
            Quantize();
            return _sums.AsSpan(0, Rows);
        }
    }

    /// <summary>Memory for what a kernel makes of the codes of a few rows at a time, kept between calls.</summary>
    internal AlignedBuffer<short> Scratch { get; } = new();

    /// <summary>Gives the block another shape; its values are undefined until written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    public void Resize(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        _values.Grow(checked(rows * columns));
        Rows = rows;
        Columns = columns;
        _isQuantized = false;
    }

    /// <summary>The values, row-major, to write. Write before the block is passed to a layer: each call discards the int8 form
    /// made of earlier values, later writes through a span kept from before do not.</summary>
    public Span<float> Write()
    {
        _isQuantized = false;
        return _values.Span[..(Rows * Columns)];
    }

    private void Quantize()
    {
        if (_isQuantized)
            return;
        int stride = CodeStride;
        _codes.Grow(checked(Rows * stride));
        if (_scales.Length < Rows)
        {
            _scales = new float[Rows];
            _sums = new int[Rows];
        }
        for (int row = 0; row < Rows; row++)
        {
            Span<sbyte> codes = _codes.Span.Slice(row * stride, stride);
            _scales[row] = Int8Quantizer.Quantize(_values.Span.Slice(row * Columns, Columns), codes, out _sums[row]);
            codes[Columns..].Clear();
        }
        _isQuantized = true;
    }
}

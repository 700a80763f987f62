// One set of tests for every width of the float32 product, against its definition and its form in plain C#.
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Cpu;

// Runs everywhere: where the processor has no 512-bit vectors, .NET computes them in narrower ones.
public unsafe class FloatGemm512Tests : FloatGemmTests
{
    private protected override bool IsFused => true;

    private protected override void Multiply(
        float* a, nint aStride, int rows, int depth, float* panels, int columns, float* start, float* c, nint cStride)
    {
        for (int first = 0; first < columns;)
        {
            int whole = columns - first > FloatGemm.PanelColumns ? 2 : 1;
            FloatGemm512.Multiply(a, aStride, rows, depth, panels + first * depth, whole, start + first, c + first, cStride);
            first += whole * FloatGemm.PanelColumns;
        }
    }
}

public unsafe class FloatGemm256Tests : FloatGemmTests
{
    private protected override bool IsFused => Fma.IsSupported || AdvSimd.IsSupported;

    private protected override void Multiply(
        float* a, nint aStride, int rows, int depth, float* panels, int columns, float* start, float* c, nint cStride)
    {
        for (int first = 0; first < columns; first += FloatGemm.PanelColumns)
        {
            for (int row = 0; row < rows;)
                row += FloatGemm256.MultiplyRows(a + row * aStride, aStride, rows - row, depth, panels + first * depth, start + first, c + row * cStride + first, cStride);
        }
    }
}

public unsafe class ChosenFloatGemmTests : FloatGemmTests
{
    private protected override bool IsFused => Vector512.IsHardwareAccelerated || Fma.IsSupported || AdvSimd.IsSupported;

    // The choice of a width writes the columns that exist; the widths themselves write whole panels.
    private protected override int Written(int columns) => columns;

    private protected override void Multiply(
        float* a, nint aStride, int rows, int depth, float* panels, int columns, float* start, float* c, nint cStride) =>
        FloatGemm.Multiply(a, aStride, rows, depth, panels, columns, start, c, cStride);

    [Fact]
    public void WithoutAStartSumsBeginAtZero()
    {
        var random = new Random(3);
        float[] a = Integers(random, 5 * 9), b = Integers(random, 37 * 9);

        float[] expected = Run(a, 5, 9, b, 37, new float[37]);

        Assert.Equal(expected, Run(a, 5, 9, b, 37, null));
    }
}

public abstract unsafe class FloatGemmTests
{
    private const int RowGap = 3;
    private const float Untouched = -12345;

    /// <summary>Whether products are added without a rounding of their own, as the plain form adds them.</summary>
    private protected abstract bool IsFused { get; }

    private protected virtual int Written(int columns) => FloatGemm.PaddedColumns(columns);

    private protected abstract void Multiply(
        float* a, nint aStride, int rows, int depth, float* panels, int columns, float* start, float* c, nint cStride);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(17)]
    [InlineData(33)]
    public void EveryShapeGivesTheSumsOfTheDefinition(int depth)
    {
        var random = new Random(depth);
        float[] a = Integers(random, 17 * depth), b = Integers(random, 40 * depth), start = Integers(random, 40);
        for (int columns = 1; columns <= 40; columns++)
        {
            for (int rows = 1; rows <= 17; rows++)
            {
                float[] expected = Definition(a, rows, depth, b, columns, start);
                Assert.True(expected.AsSpan().SequenceEqual(Run(a, rows, depth, b, columns, start)), $"{rows} x {columns}");
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(17, 40)]
    [InlineData(13, 16)]
    [InlineData(6, 33)]
    public void SumsAreRoundedAsInPlainCSharp(int rows, int columns)
    {
        const int Depth = 67;
        var random = new Random(rows);
        float[] a = Values(random, rows * Depth), b = Values(random, columns * Depth), start = Values(random, columns);
        float[] expected = Plain(a, rows, Depth, b, columns, start);

        float[] actual = Run(a, rows, Depth, b, columns, start);

        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], IsFused ? 0 : 1e-5f);
    }

    [Fact]
    public void ARowDoesNotDependOnItsNeighbours()
    {
        const int Depth = 45, Columns = 40;
        var random = new Random(2);
        float[] a = Values(random, 17 * Depth), b = Values(random, Columns * Depth), start = Values(random, Columns);
        float[] together = Run(a, 17, Depth, b, Columns, start);
        for (int row = 0; row < 17; row++)
        {
            float[] alone = Run(a[(row * Depth)..((row + 1) * Depth)], 1, Depth, b, Columns, start);
            Assert.Equal(together[(row * Columns)..((row + 1) * Columns)], alone);
        }
    }

    /// <summary>A B + start, B given by its columns; checks that nothing beside the result is written.</summary>
    private protected float[] Run(float[] a, int rows, int depth, float[] b, int columns, float[]? start)
    {
        int padded = FloatGemm.PaddedColumns(columns), aStride = depth + 1, cStride = padded + RowGap;
        AlignedBuffer<float> left = new(rows * aStride), panels = new(padded * depth), starts = new(padded), c = new(rows * cStride);
        for (int row = 0; row < rows; row++)
            a.AsSpan(row * depth, depth).CopyTo(left.Span[(row * aStride)..]);
        fixed (float* source = b)
            FloatGemm.PackTransposed(source, depth, columns, depth, 1, panels.Pointer);
        start?.AsSpan(0, columns).CopyTo(starts.Span);
        c.Span.Fill(Untouched);

        Multiply(left.Pointer, aStride, rows, depth, panels.Pointer, columns, start is null ? null : starts.Pointer, c.Pointer, cStride);

        var result = new float[rows * columns];
        for (int row = 0; row < rows; row++)
        {
            Span<float> written = c.Span.Slice(row * cStride, cStride);
            written[..columns].CopyTo(result.AsSpan(row * columns));
            Assert.True(written[Written(columns)..].IndexOfAnyExcept(Untouched) < 0);
        }
        GC.KeepAlive(left);
        GC.KeepAlive(panels);
        GC.KeepAlive(starts);
        return result;
    }

    /// <summary>The definition in exact arithmetic.</summary>
    private static float[] Definition(float[] a, int rows, int depth, float[] b, int columns, float[] start)
    {
        var c = new float[rows * columns];
        for (int i = 0; i < c.Length; i++)
        {
            double sum = start[i % columns];
            for (int k = 0; k < depth; k++)
                sum += (double)a[i / columns * depth + k] * b[i % columns * depth + k];
            c[i] = (float)sum;
        }
        return c;
    }

    private static float[] Plain(float[] a, int rows, int depth, float[] b, int columns, float[] start)
    {
        int padded = FloatGemm.PaddedColumns(columns);
        float[] panels = new float[padded * depth], starts = new float[padded], row = new float[padded], c = new float[rows * columns];
        start.AsSpan(0, columns).CopyTo(starts);
        fixed (float* left = a, right = b, packed = panels, initial = starts, target = row)
        {
            FloatGemm.PackTransposed(right, depth, columns, depth, 1, packed);
            for (int m = 0; m < rows; m++)
            {
                for (int first = 0; first < padded; first += FloatGemm.PanelColumns)
                    FloatGemm.RowScalar(left + m * depth, depth, packed + first * depth, initial + first, target + first);
                row.AsSpan(0, columns).CopyTo(c.AsSpan(m * columns));
            }
        }
        return c;
    }

    // Their products and sums are exact, in any order and at any width.
    private protected static float[] Integers(Random random, int count)
    {
        var values = new float[count];
        foreach (ref float value in values.AsSpan())
            value = random.Next(-8, 9);
        return values;
    }

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        foreach (ref float value in values.AsSpan())
            value = random.NextSingle() - 0.5f;
        return values;
    }
}

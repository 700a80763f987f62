// The float32 product behind dense layers and attention: C = A B, with B laid out in panels of 16 columns.
//
//   panel p holds columns 16 p to 16 p + 15 of B: row k of the panel is 16 values, at 16 (p K + k). Missing columns are zero.
//
// Several rows of A meet one or two panels in registers. Each sum runs over k in order, so a row's result does not depend on how
// many rows are computed with it.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal static unsafe class FloatGemm
{
    public const int PanelColumns = 16;

    /// <summary>Columns rounded up to whole panels.</summary>
    public static int PaddedColumns(int columns) => (columns + PanelColumns - 1) / PanelColumns * PanelColumns;

    /// <summary>Lays out B given its transpose: <paramref name="columns"/> rows of <paramref name="depth"/> values, each multiplied
    /// by <paramref name="factor"/>.</summary>
    /// <param name="transposed">Column n of B is at n x <paramref name="stride"/>.</param>
    /// <param name="stride">Values between two columns.</param>
    /// <param name="columns">Columns of B.</param>
    /// <param name="depth">Rows of B.</param>
    /// <param name="factor">Applied to every value.</param>
    /// <param name="panels">Receives PaddedColumns(columns) x depth values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(float* transposed, nint stride, int columns, int depth, float factor, float* panels)
    {
        for (int first = 0; first < columns; first += PanelColumns, panels += (nint)depth * PanelColumns)
        {
            int count = Math.Min(PanelColumns, columns - first);
            if (count < PanelColumns)
                new Span<float>(panels, depth * PanelColumns).Clear();
            PackPanel(transposed + first * stride, stride, count, depth, factor, panels);
        }
    }

    private static void PackPanel(float* transposed, nint stride, int columns, int depth, float factor, float* panel)
    {
        int wholeColumns = Avx.IsSupported ? columns / 8 * 8 : 0, wholeDepth = depth / 8 * 8;
        for (int n = 0; n < wholeColumns; n += 8)
        {
            for (int k = 0; k < wholeDepth; k += 8)
                Transpose8(transposed + n * stride + k, stride, factor, panel + k * PanelColumns + n);
        }
        for (int n = 0; n < columns; n++)
        {
            for (int k = n < wholeColumns ? wholeDepth : 0; k < depth; k++)
                panel[k * PanelColumns + n] = transposed[n * stride + k] * factor;
        }
    }

    /// <summary>Writes the transpose of 8 x 8 values, each multiplied by <paramref name="factor"/>, its rows a panel's apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose8(float* source, nint stride, float factor, float* target)
    {
        Vector256<float> f = Vector256.Create(factor);
        float* source4 = source + 4 * stride;
        Vector256<float> a0 = Pair(source, source4), a1 = Pair(source + stride, source4 + stride);
        Vector256<float> a2 = Pair(source + 2 * stride, source4 + 2 * stride), a3 = Pair(source + 3 * stride, source4 + 3 * stride);
        Transpose4(a0 * f, a1 * f, a2 * f, a3 * f, target);
        a0 = Pair(source + 4, source4 + 4);
        a1 = Pair(source + stride + 4, source4 + stride + 4);
        a2 = Pair(source + 2 * stride + 4, source4 + 2 * stride + 4);
        a3 = Pair(source + 3 * stride + 4, source4 + 3 * stride + 4);
        Transpose4(a0 * f, a1 * f, a2 * f, a3 * f, target + 4 * PanelColumns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(float* low, float* high) => Vector256.Create(Vector128.Load(low), Vector128.Load(high));

    /// <summary>Transposes two 4 x 4 squares side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(Vector256<float> a0, Vector256<float> a1, Vector256<float> a2, Vector256<float> a3, float* target)
    {
        Vector256<float> low01 = Avx.UnpackLow(a0, a1), high01 = Avx.UnpackHigh(a0, a1);
        Vector256<float> low23 = Avx.UnpackLow(a2, a3), high23 = Avx.UnpackHigh(a2, a3);
        Avx.Shuffle(low01, low23, 0b01_00_01_00).Store(target);
        Avx.Shuffle(low01, low23, 0b11_10_11_10).Store(target + PanelColumns);
        Avx.Shuffle(high01, high23, 0b01_00_01_00).Store(target + 2 * PanelColumns);
        Avx.Shuffle(high01, high23, 0b11_10_11_10).Store(target + 3 * PanelColumns);
    }

    /// <summary>Lays out B given row by row, <paramref name="stride"/> values apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(float* rows, nint stride, int columns, int depth, float* panels)
    {
        for (int first = 0; first < columns; first += PanelColumns)
        {
            int count = Math.Min(PanelColumns, columns - first);
            for (int k = 0; k < depth; k++, panels += PanelColumns)
            {
                float* source = rows + k * stride + first;
                if (count == PanelColumns)
                {
                    Vector256.Load(source).Store(panels);
                    Vector256.Load(source + 8).Store(panels + 8);
                    continue;
                }
                var row = new Span<float>(panels, PanelColumns);
                new ReadOnlySpan<float>(source, count).CopyTo(row);
                row[count..].Clear();
            }
        }
    }

    /// <summary>C = A B + start, the start being the same for every row.</summary>
    /// <param name="a">A, <paramref name="rows"/> x <paramref name="depth"/>, its rows <paramref name="aStride"/> apart.</param>
    /// <param name="aStride">Values between two rows of A.</param>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="depth">Columns of A, rows of B.</param>
    /// <param name="panels">B in panels.</param>
    /// <param name="columns">Columns of B and C.</param>
    /// <param name="start">PaddedColumns(columns) values, or null for zeros.</param>
    /// <param name="c">C, its rows <paramref name="cStride"/> apart.</param>
    /// <param name="cStride">Values between two rows of C.</param>
    [SkipLocalsInit]
    public static void Multiply(
        float* a, nint aStride, int rows, int depth, float* panels, int columns, float* start, float* c, nint cStride)
    {
        float* zeros = stackalloc float[2 * PanelColumns];
        new Span<float>(zeros, 2 * PanelColumns).Clear();
        for (int first = 0; first < columns;)
        {
            float* initial = start == null ? zeros : start + first;
            float* panel = panels + (nint)first * depth;
            if (columns - first < PanelColumns)
            {
                MultiplyPart(a, aStride, rows, depth, panel, initial, c + first, cStride, columns - first);
                return;
            }
            int whole = Vector512.IsHardwareAccelerated && columns - first >= 2 * PanelColumns ? 2 : 1;
            MultiplyWhole(a, aStride, rows, depth, panel, whole, initial, c + first, cStride);
            first += whole * PanelColumns;
        }
    }

    private static void MultiplyWhole(
        float* a, nint aStride, int rows, int depth, float* panel, int panels, float* start, float* c, nint cStride)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            FloatGemm512.Multiply(a, aStride, rows, depth, panel, panels, start, c, cStride);
            return;
        }
        for (int row = 0; row < rows;)
        {
            if (Vector128.IsHardwareAccelerated)
                row += FloatGemm256.MultiplyRows(a + row * aStride, aStride, rows - row, depth, panel, start, c + row * cStride, cStride);
            else
                RowScalar(a + row * aStride, depth, panel, start, c + row++ * cStride);
        }
    }

    /// <summary>Multiplies with a panel whose last columns do not exist in C.</summary>
    [SkipLocalsInit]
    private static void MultiplyPart(
        float* a, nint aStride, int rows, int depth, float* panel, float* start, float* c, nint cStride, int count)
    {
        const int PartRows = 8;
        float* whole = stackalloc float[PartRows * PanelColumns];
        for (int row = 0; row < rows; row += PartRows)
        {
            int done = Math.Min(PartRows, rows - row);
            MultiplyWhole(a + row * aStride, aStride, done, depth, panel, 1, start, whole, PanelColumns);
            for (int m = 0; m < done; m++)
                new ReadOnlySpan<float>(whole + m * PanelColumns, count).CopyTo(new Span<float>(c + (row + m) * cStride, count));
        }
    }

    /// <summary>One row in plain C#.</summary>
    internal static void RowScalar(float* a, int depth, float* panel, float* start, float* c)
    {
        for (int n = 0; n < PanelColumns; n++)
        {
            float sum = start[n];
            for (int k = 0; k < depth; k++)
                sum = MathF.FusedMultiplyAdd(a[k], panel[k * PanelColumns + n], sum);
            c[n] = sum;
        }
    }
}

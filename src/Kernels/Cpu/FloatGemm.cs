// The float32 product behind dense layers and attention: C = A B, with B laid out in panels of 16 columns.
//
//   panel p holds columns 16 p to 16 p + 15 of B: row k of the panel is 16 values, at 16 (p K + k). Missing columns are zero.
//
// Six rows of A meet a panel in twelve registers of sums. Each sum runs over k in order, so a row's result does not depend on
// how many rows are computed with it.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
            for (int n = 0; n < count; n++)
            {
                float* source = transposed + (first + n) * stride;
                for (int k = 0; k < depth; k++)
                    panels[k * PanelColumns + n] = source[k] * factor;
            }
        }
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* a, nint aStride, int rows, int depth, float* panels, int columns, float* start, float* c, nint cStride)
    {
        float* zeros = stackalloc float[PanelColumns];
        float* whole = stackalloc float[6 * PanelColumns];
        new Span<float>(zeros, PanelColumns).Clear();
        for (int first = 0; first < columns; first += PanelColumns, panels += (nint)depth * PanelColumns)
        {
            float* initial = start == null ? zeros : start + first;
            int count = Math.Min(PanelColumns, columns - first);
            for (int row = 0; row < rows;)
            {
                float* target = c + row * cStride + first;
                bool isWhole = count == PanelColumns;
                int done = MultiplyRows(a + row * aStride, aStride, rows - row, depth, panels, initial, isWhole ? target : whole, isWhole ? cStride : PanelColumns);
                for (int m = 0; m < done && !isWhole; m++)
                    new ReadOnlySpan<float>(whole + m * PanelColumns, count).CopyTo(new Span<float>(target + m * cStride, count));
                row += done;
            }
        }
    }

    /// <summary>Multiplies as many of the rows as fit in registers with one panel and returns their number.</summary>
    private static int MultiplyRows(float* a, nint aStride, int rows, int depth, float* panel, float* start, float* c, nint cStride)
    {
        if (!Vector128.IsHardwareAccelerated)
        {
            RowScalar(a, depth, panel, start, c);
            return 1;
        }
        if (rows >= 6)
        {
            Rows6(a, aStride, depth, panel, start, c, cStride);
            return 6;
        }
        if (rows >= 4)
        {
            Rows4(a, aStride, depth, panel, start, c, cStride);
            return 4;
        }
        if (rows >= 2)
        {
            Rows2(a, aStride, depth, panel, start, c, cStride);
            return 2;
        }
        Row1(a, depth, panel, start, c);
        return 1;
    }

    /// <summary>The plain form of <see cref="Row1"/>.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector256<float> s0 = Vector256.Load(start), s1 = Vector256.Load(start + 8);
        Vector256<float> c00 = s0, c01 = s1, c10 = s0, c11 = s1, c20 = s0, c21 = s1;
        Vector256<float> c30 = s0, c31 = s1, c40 = s0, c41 = s1, c50 = s0, c51 = s1;
        float* a3 = a + 3 * aStride;
        for (float* end = a + depth; a < end; a++, a3++, panel += PanelColumns)
        {
            Vector256<float> b0 = Vector256.Load(panel), b1 = Vector256.Load(panel + 8);
            Step(a, b0, b1, ref c00, ref c01);
            Step(a + aStride, b0, b1, ref c10, ref c11);
            Step(a + 2 * aStride, b0, b1, ref c20, ref c21);
            Step(a3, b0, b1, ref c30, ref c31);
            Step(a3 + aStride, b0, b1, ref c40, ref c41);
            Step(a3 + 2 * aStride, b0, b1, ref c50, ref c51);
        }
        Store(c00, c01, c);
        Store(c10, c11, c + cStride);
        Store(c20, c21, c + 2 * cStride);
        Store(c30, c31, c + 3 * cStride);
        Store(c40, c41, c + 4 * cStride);
        Store(c50, c51, c + 5 * cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector256<float> s0 = Vector256.Load(start), s1 = Vector256.Load(start + 8);
        Vector256<float> c00 = s0, c01 = s1, c10 = s0, c11 = s1, c20 = s0, c21 = s1, c30 = s0, c31 = s1;
        float* a3 = a + 3 * aStride;
        for (float* end = a + depth; a < end; a++, a3++, panel += PanelColumns)
        {
            Vector256<float> b0 = Vector256.Load(panel), b1 = Vector256.Load(panel + 8);
            Step(a, b0, b1, ref c00, ref c01);
            Step(a + aStride, b0, b1, ref c10, ref c11);
            Step(a + 2 * aStride, b0, b1, ref c20, ref c21);
            Step(a3, b0, b1, ref c30, ref c31);
        }
        Store(c00, c01, c);
        Store(c10, c11, c + cStride);
        Store(c20, c21, c + 2 * cStride);
        Store(c30, c31, c + 3 * cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector256<float> s0 = Vector256.Load(start), s1 = Vector256.Load(start + 8);
        Vector256<float> c00 = s0, c01 = s1, c10 = s0, c11 = s1;
        for (float* end = a + depth; a < end; a++, panel += PanelColumns)
        {
            Vector256<float> b0 = Vector256.Load(panel), b1 = Vector256.Load(panel + 8);
            Step(a, b0, b1, ref c00, ref c01);
            Step(a + aStride, b0, b1, ref c10, ref c11);
        }
        Store(c00, c01, c);
        Store(c10, c11, c + cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1(float* a, int depth, float* panel, float* start, float* c)
    {
        Vector256<float> c0 = Vector256.Load(start), c1 = Vector256.Load(start + 8);
        for (float* end = a + depth; a < end; a++, panel += PanelColumns)
            Step(a, Vector256.Load(panel), Vector256.Load(panel + 8), ref c0, ref c1);
        Store(c0, c1, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* a, Vector256<float> b0, Vector256<float> b1, ref Vector256<float> c0, ref Vector256<float> c1)
    {
        Vector256<float> x = Vector256.Create(*a);
        c0 = Vector256.MultiplyAddEstimate(x, b0, c0);
        c1 = Vector256.MultiplyAddEstimate(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> c0, Vector256<float> c1, float* c)
    {
        c0.Store(c);
        c1.Store(c + 8);
    }
}

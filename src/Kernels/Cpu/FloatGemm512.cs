// The float32 product for AVX-512: a panel's row is one vector; eight rows of A meet two panels in sixteen registers of sums.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal static unsafe class FloatGemm512
{
    private const int PanelColumns = FloatGemm.PanelColumns;

    /// <summary>Multiplies all rows with one or two whole panels.</summary>
    public static void Multiply(float* a, nint aStride, int rows, int depth, float* panel, int panels, float* start, float* c, nint cStride)
    {
        int row = 0;
        for (; row <= rows - 8; row += 8)
        {
            if (panels == 2)
                Rows8x2(a + row * aStride, aStride, depth, panel, start, c + row * cStride, cStride);
            else
                Rows8x1(a + row * aStride, aStride, depth, panel, start, c + row * cStride, cStride);
        }
        for (; row <= rows - 4; row += 4)
        {
            if (panels == 2)
                Rows4x2(a + row * aStride, aStride, depth, panel, start, c + row * cStride, cStride);
            else
                Rows4x1(a + row * aStride, aStride, depth, panel, start, c + row * cStride, cStride);
        }
        for (; row < rows; row++)
        {
            if (panels == 2)
                Rows1x2(a + row * aStride, aStride, depth, panel, start, c + row * cStride, cStride);
            else
                Rows1x1(a + row * aStride, aStride, depth, panel, start, c + row * cStride, cStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8x2(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector512<float> s0 = Vector512.Load(start), s1 = Vector512.Load(start + 16);
        Vector512<float> c00 = s0, c01 = s1, c10 = s0, c11 = s1, c20 = s0, c21 = s1, c30 = s0, c31 = s1;
        Vector512<float> c40 = s0, c41 = s1, c50 = s0, c51 = s1, c60 = s0, c61 = s1, c70 = s0, c71 = s1;
        float* panel1 = panel + (nint)depth * PanelColumns;
        float* a4 = a + 4 * aStride;
        for (float* end = a + depth; a < end; a++, a4++, panel += PanelColumns, panel1 += PanelColumns)
        {
            Vector512<float> b0 = Vector512.Load(panel), b1 = Vector512.Load(panel1);
            Step(a, b0, b1, ref c00, ref c01);
            Step(a + aStride, b0, b1, ref c10, ref c11);
            Step(a + 2 * aStride, b0, b1, ref c20, ref c21);
            Step(a + 3 * aStride, b0, b1, ref c30, ref c31);
            Step(a4, b0, b1, ref c40, ref c41);
            Step(a4 + aStride, b0, b1, ref c50, ref c51);
            Step(a4 + 2 * aStride, b0, b1, ref c60, ref c61);
            Step(a4 + 3 * aStride, b0, b1, ref c70, ref c71);
        }
        c00.Store(c);
        c01.Store(c + PanelColumns);
        c10.Store(c + cStride);
        c11.Store(c + cStride + PanelColumns);
        c20.Store(c + 2 * cStride);
        c21.Store(c + 2 * cStride + PanelColumns);
        c30.Store(c + 3 * cStride);
        c31.Store(c + 3 * cStride + PanelColumns);
        c40.Store(c + 4 * cStride);
        c41.Store(c + 4 * cStride + PanelColumns);
        c50.Store(c + 5 * cStride);
        c51.Store(c + 5 * cStride + PanelColumns);
        c60.Store(c + 6 * cStride);
        c61.Store(c + 6 * cStride + PanelColumns);
        c70.Store(c + 7 * cStride);
        c71.Store(c + 7 * cStride + PanelColumns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4x2(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector512<float> s0 = Vector512.Load(start), s1 = Vector512.Load(start + 16);
        Vector512<float> c00 = s0, c01 = s1, c10 = s0, c11 = s1, c20 = s0, c21 = s1, c30 = s0, c31 = s1;
        float* panel1 = panel + (nint)depth * PanelColumns;
        for (float* end = a + depth; a < end; a++, panel += PanelColumns, panel1 += PanelColumns)
        {
            Vector512<float> b0 = Vector512.Load(panel), b1 = Vector512.Load(panel1);
            Step(a, b0, b1, ref c00, ref c01);
            Step(a + aStride, b0, b1, ref c10, ref c11);
            Step(a + 2 * aStride, b0, b1, ref c20, ref c21);
            Step(a + 3 * aStride, b0, b1, ref c30, ref c31);
        }
        c00.Store(c);
        c01.Store(c + PanelColumns);
        c10.Store(c + cStride);
        c11.Store(c + cStride + PanelColumns);
        c20.Store(c + 2 * cStride);
        c21.Store(c + 2 * cStride + PanelColumns);
        c30.Store(c + 3 * cStride);
        c31.Store(c + 3 * cStride + PanelColumns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1x2(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector512<float> s0 = Vector512.Load(start), s1 = Vector512.Load(start + 16);
        Vector512<float> c00 = s0, c01 = s1;
        float* panel1 = panel + (nint)depth * PanelColumns;
        for (float* end = a + depth; a < end; a++, panel += PanelColumns, panel1 += PanelColumns)
        {
            Vector512<float> b0 = Vector512.Load(panel), b1 = Vector512.Load(panel1);
            Step(a, b0, b1, ref c00, ref c01);
        }
        c00.Store(c);
        c01.Store(c + PanelColumns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8x1(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector512<float> s0 = Vector512.Load(start);
        Vector512<float> c00 = s0, c10 = s0, c20 = s0, c30 = s0;
        Vector512<float> c40 = s0, c50 = s0, c60 = s0, c70 = s0;
        float* a4 = a + 4 * aStride;
        for (float* end = a + depth; a < end; a++, a4++, panel += PanelColumns)
        {
            Vector512<float> b0 = Vector512.Load(panel);
            Step(a, b0, ref c00);
            Step(a + aStride, b0, ref c10);
            Step(a + 2 * aStride, b0, ref c20);
            Step(a + 3 * aStride, b0, ref c30);
            Step(a4, b0, ref c40);
            Step(a4 + aStride, b0, ref c50);
            Step(a4 + 2 * aStride, b0, ref c60);
            Step(a4 + 3 * aStride, b0, ref c70);
        }
        c00.Store(c);
        c10.Store(c + cStride);
        c20.Store(c + 2 * cStride);
        c30.Store(c + 3 * cStride);
        c40.Store(c + 4 * cStride);
        c50.Store(c + 5 * cStride);
        c60.Store(c + 6 * cStride);
        c70.Store(c + 7 * cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4x1(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector512<float> s0 = Vector512.Load(start);
        Vector512<float> c00 = s0, c10 = s0, c20 = s0, c30 = s0;
        for (float* end = a + depth; a < end; a++, panel += PanelColumns)
        {
            Vector512<float> b0 = Vector512.Load(panel);
            Step(a, b0, ref c00);
            Step(a + aStride, b0, ref c10);
            Step(a + 2 * aStride, b0, ref c20);
            Step(a + 3 * aStride, b0, ref c30);
        }
        c00.Store(c);
        c10.Store(c + cStride);
        c20.Store(c + 2 * cStride);
        c30.Store(c + 3 * cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1x1(float* a, nint aStride, int depth, float* panel, float* start, float* c, nint cStride)
    {
        Vector512<float> s0 = Vector512.Load(start);
        Vector512<float> c00 = s0;
        for (float* end = a + depth; a < end; a++, panel += PanelColumns)
        {
            Vector512<float> b0 = Vector512.Load(panel);
            Step(a, b0, ref c00);
        }
        c00.Store(c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* a, Vector512<float> b0, Vector512<float> b1, ref Vector512<float> c0, ref Vector512<float> c1)
    {
        Vector512<float> x = Vector512.Create(*a);
        c0 = Vector512.FusedMultiplyAdd(x, b0, c0);
        c1 = Vector512.FusedMultiplyAdd(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float* a, Vector512<float> b, ref Vector512<float> c) =>
        c = Vector512.FusedMultiplyAdd(Vector512.Create(*a), b, c);
}

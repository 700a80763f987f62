// The float32 product for 256-bit vectors (and 128-bit ones, two for one): six rows of A meet a panel in twelve registers of sums.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal static unsafe class FloatGemm256
{
    private const int PanelColumns = FloatGemm.PanelColumns;

    /// <summary>Multiplies as many of the rows as fit in registers with one panel and returns their number.</summary>
    public static int MultiplyRows(float* a, nint aStride, int rows, int depth, float* panel, float* start, float* c, nint cStride)
    {
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

// Panels against the drawing of them at the head of FloatGemm, for shapes that fill neither vectors nor panels.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Cpu;

public unsafe class FloatGemmPackingTests
{
    private const float Untouched = -12345;

    private delegate void PackMatrix(float* source, nint stride, float* panels);

    // In whole squares of 8 x 8 and in the remainders beside and below them.
    public static TheoryData<int> Depths => [1, 4, 7, 8, 9, 16, 23, 33];

    [Theory]
    [MemberData(nameof(Depths))]
    public void TransposedPanelsHoldTheColumnsTimesTheFactorAndZeros(int depth)
    {
        const float Factor = 1 / 3f;
        for (int columns = 1; columns <= 40; columns++)
        {
            int stride = depth + columns % 4;
            float[] source = Numbered(columns * stride);
            float[] panels = Pack(source, stride, columns, depth, (values, step, target) => FloatGemm.PackTransposed(values, step, columns, depth, Factor, target));
            AssertPanels(panels, columns, depth, (k, n) => source[n * stride + k] * Factor);
        }
    }

    [Theory]
    [MemberData(nameof(Depths))]
    public void PanelsHoldTheRowsAndZeros(int depth)
    {
        for (int columns = 1; columns <= 40; columns++)
        {
            int stride = columns + depth % 3;
            float[] source = Numbered(depth * stride);
            float[] panels = Pack(source, stride, columns, depth, (values, step, target) => FloatGemm.Pack(values, step, columns, depth, target));
            AssertPanels(panels, columns, depth, (k, n) => source[k * stride + n]);
        }
    }

    /// <summary>Packs into memory that was used before, and checks that nothing past the panels is written.</summary>
    private static float[] Pack(float[] source, int stride, int columns, int depth, PackMatrix pack)
    {
        int length = FloatGemm.PaddedColumns(columns) * depth;
        var panels = new float[length + FloatGemm.PanelColumns];
        Array.Fill(panels, Untouched);
        fixed (float* values = source, target = panels)
            pack(values, stride, target);
        Assert.True(panels.AsSpan(length).IndexOfAnyExcept(Untouched) < 0, $"{columns} columns of {depth}");
        return panels;
    }

    private static void AssertPanels(float[] panels, int columns, int depth, Func<int, int, float> value)
    {
        for (int n = 0; n < FloatGemm.PaddedColumns(columns); n++)
        {
            for (int k = 0; k < depth; k++)
            {
                float expected = n < columns ? value(k, n) : 0;
                int place = FloatGemm.PanelColumns * (n / FloatGemm.PanelColumns * depth + k) + n % FloatGemm.PanelColumns;
                Assert.True(expected == panels[place], $"row {k}, column {n} of {depth} x {columns}");
            }
        }
    }

    private static float[] Numbered(int count) => [.. Enumerable.Range(1, count).Select(i => (float)i)];
}

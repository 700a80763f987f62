using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

public class BFloat16PassesTests
{
    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(-2.5f, 0xC020)]
    [InlineData(127f, 0x42FE)]
    // Between 1 and 1 + 2^-7 the half-way value goes to the even neighbour, below it and above it to the nearer.
    [InlineData(1f + 1 / 256f, 0x3F80)]
    [InlineData(1f + 3 / 256f, 0x3F82)]
    [InlineData(1.005f, 0x3F81)]
    public void AFloatBecomesTheNearestBFloat16(float value, int bits) => Assert.Equal((ushort)bits, BFloat16Passes.Narrow(value));

    [Fact]
    public void ARowIsRoundedToInt8ByItsLargestMagnitude()
    {
        // 40 values: a whole vector and a tail. Row 1 has scale 1; row 2 is zero.
        var values = new float[80];
        (values[0], values[1], values[2], values[33], values[39]) = (-127, 2.5f, 3.5f, 1.4f, -0.6f);
        var codes = new ushort[80];
        var scales = new float[2];
        BFloat16Passes.Quantize(values, 40, codes, scales);
        Assert.Equal(1, scales[0], 1e-6f);
        Assert.Equal([-127, 2, 4, 1, -1], new[] { 0, 1, 2, 33, 39 }.Select(i => BFloat16Passes.Widen(codes[i])));
        Assert.All(codes[40..], code => Assert.Equal(0, code));
    }

    [Fact]
    public void AProductIsScaledByRowAndColumnAndABiasIsAdded()
    {
        const int Columns = 37;
        ushort[] product = [.. Enumerable.Range(0, 2 * Columns).Select(i => BFloat16Passes.Narrow(i % 5))];
        float[] columnScales = [.. Enumerable.Range(0, Columns).Select(i => i + 1f)], bias = [.. Enumerable.Repeat(0.5f, Columns)];
        var destination = new float[2 * Columns];
        BFloat16Passes.Scale(product, [2, 3], columnScales, bias, destination);
        for (int i = 0; i < destination.Length; i++)
            Assert.Equal(i % 5 * (i < Columns ? 2f : 3f) * (i % Columns + 1) + 0.5f, destination[i], 1e-3f);
    }
}

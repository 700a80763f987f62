using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class PoolerTests
{
    // Four tokens of two components.
    private static readonly float[] States = [1, -2, 5, -6, -3, 4, 9, 8];

    [Theory]
    [InlineData(PoolingModes.Cls, new float[] { 1, -2 })]
    [InlineData(PoolingModes.Max, new float[] { 9, 8 })]
    [InlineData(PoolingModes.Mean, new float[] { 3, 1 })]
    [InlineData(PoolingModes.MeanSqrtLength, new float[] { 6, 2 })]
    [InlineData(PoolingModes.Cls | PoolingModes.Mean, new float[] { 1, -2, 3, 1 })]
    [InlineData(PoolingModes.Mean | PoolingModes.MeanSqrtLength, new float[] { 3, 1, 6, 2 })]
    [InlineData(PoolingModes.Cls | PoolingModes.Max | PoolingModes.Mean | PoolingModes.MeanSqrtLength, new float[] { 1, -2, 9, 8, 3, 1, 6, 2 })]
    public void ModesAreConcatenatedInTheOrderOfTheEnumeration(PoolingModes modes, float[] expected)
    {
        float[] output = new float[expected.Length];
        Pooler.Pool(modes, States, 2, 0, output);
        Assert.Equal(expected, output);
    }

    [Fact]
    public void AllNegativeStatesHaveANegativeMaximum()
    {
        float[] output = new float[2];
        Pooler.Pool(PoolingModes.Max, [-5, -1, -4, -2], 2, 0, output);
        Assert.Equal([-4, -1], output);
    }
}

// The one definition of a percentile, on values small enough to check by eye.
namespace Microsoft.ML.Ternary.Tests;

public class PercentileTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(25, 2)]
    [InlineData(50, 3)]
    [InlineData(100, 9)]
    [InlineData(60, 3.4)]
    public void PercentilesAreInterpolated(double percent, double expected) =>
        Assert.Equal(expected, Percentile.Of([9, 3, 1, 2, 4], percent), 12);
}

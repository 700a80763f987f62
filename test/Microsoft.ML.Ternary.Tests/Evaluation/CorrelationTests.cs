// Coefficients against values worked out by hand.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class CorrelationTests
{
    [Fact]
    public void PearsonIsCovarianceOverStandardDeviations()
    {
        // Deviations -1.5 -.5 .5 1.5 and -1 -3 1 3: 1.5 + 1.5 + .5 + 4.5 = 8; squares 5 and 20; 8 / sqrt(100).
        Assert.Equal(0.8, Correlation.Pearson([1, 2, 3, 4], [4, 2, 6, 8]), 12);
    }

    [Fact]
    public void SpearmanSeesOnlyTheOrder()
    {
        Assert.Equal(1, Correlation.Spearman([1, 2, 3, 4], [0, 1, 10, 1000]), 12);
        Assert.Equal(-1, Correlation.Spearman([1, 2, 3, 4], [5, 4, 3, -7]), 12);

        // 1 - 6 Σd² / (n (n² - 1)) with d = 0 1 -1 0: 1 - 12 / 60.
        Assert.Equal(0.8, Correlation.Spearman([1, 2, 3, 4], [10, 30, 20, 40]), 12);
    }

    [Fact]
    public void EqualValuesShareTheMeanOfTheirRanks() =>
        Assert.Equal([2.5, 1, 2.5, 4], Correlation.Ranks([7, 3, 7, 9]));

    [Fact]
    public void SpearmanOfTiesIsPearsonOfSharedRanks()
    {
        // Ranks 1 2.5 2.5 4 and 1 2 3 4: 2.25 + 0 + 0 + 2.25 = 4.5; squares 4.5 and 5.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), Correlation.Spearman([1, 2, 2, 3], [1, 2, 3, 4]), 12);
    }

    [Fact]
    public void AConstantSideHasNoCorrelation() => Assert.True(double.IsNaN(Correlation.Pearson([1, 1, 1], [1, 2, 3])));

    [Fact]
    public void SeriesOfDifferentLengthsAreRefused() =>
        Assert.Throws<ArgumentException>(() => Correlation.Pearson([1, 2, 3], [1, 2]));

    [Property]
    public bool SpearmanIsSymmetric(int[] values)
    {
        double[] x = [.. values.Select(value => (double)value), 1, 2];
        double[] y = [.. values.Select(value => Math.Abs((double)value)), 2, 1];
        return Correlation.Spearman(x, y).Equals(Correlation.Spearman(y, x));
    }
}

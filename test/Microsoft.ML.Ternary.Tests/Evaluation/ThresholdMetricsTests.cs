// Threshold measures against values worked out by hand, and the laws that they keep.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class ThresholdMetricsTests
{
    [Fact]
    public void AveragePrecisionIsTheMeanPrecisionAtThePositives() =>
        Assert.Equal((1 / 1.0 + 2 / 3.0 + 3 / 4.0) / 3, ThresholdMetrics.AveragePrecision([.9, .8, .7, .6, .5], [true, false, true, true, false]), 12);

    [Fact]
    public void EqualScoresShareThePrecisionOfTheirGroup() =>
        Assert.Equal(0.5 * (1 / 1.0) + 0.5 * (2 / 4.0), ThresholdMetrics.AveragePrecision([.5, .9, .5, .5], [true, true, false, false]), 12);

    [Fact]
    public void TheBestThresholdDecidesAccuracyAndF1()
    {
        // Taking two: 2 of 2 positives right among 5, with one negative in 3 taken it would be 2 x 2 / (3 + 3).
        Assert.Equal(4 / 5.0, ThresholdMetrics.BestAccuracy([.9, .8, .7, .6, .5], [true, false, true, false, false]), 12);
        Assert.Equal(2 * 2.0 / (3 + 2), ThresholdMetrics.BestF1([.9, .8, .7, .6, .5], [true, false, true, false, false]), 12);
    }

    [Fact]
    public void AThresholdMayTakeNothingOrAll()
    {
        Assert.Equal(0.75, ThresholdMetrics.BestAccuracy([1, 2, 3, 4], [true, false, false, false]), 12);
        Assert.Equal(0.75, ThresholdMetrics.BestAccuracy([1, 2, 3, 4], [true, true, true, false]), 12);
        Assert.Equal(0.5, ThresholdMetrics.BestAccuracy([1, 1], [true, false]), 12);
    }

    [Fact]
    public void NothingPositiveOrUnequalLengthsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => ThresholdMetrics.AveragePrecision([1], [false]));
        Assert.Throws<ArgumentException>(() => ThresholdMetrics.AveragePrecision([1, 2], [true]));
        Assert.Throws<ArgumentException>(() => ThresholdMetrics.BestF1([], []));
    }

    [Property]
    public bool OrderOfTheItemsAndScaleOfTheScoresDoNotMatter((byte Score, bool Positive)[] items, int seed)
    {
        (byte Score, bool Positive)[] all = [.. items, (7, true)];
        double before = ThresholdMetrics.AveragePrecision([.. all.Select(item => (double)item.Score)], [.. all.Select(item => item.Positive)]);
        new Random(seed).Shuffle(all);
        double after = ThresholdMetrics.AveragePrecision([.. all.Select(item => Math.Exp(item.Score / 50.0))], [.. all.Select(item => item.Positive)]);
        return Math.Abs(before - after) < 1e-12;
    }

    [Property]
    public bool AveragePrecisionIsOneWhereAllPositivesComeFirst(byte positives, byte negatives)
    {
        bool[] labels = [.. Enumerable.Repeat(true, positives + 1), .. Enumerable.Repeat(false, negatives)];
        double[] scores = [.. labels.Select((_, i) => -(double)i)];
        return Math.Abs(ThresholdMetrics.AveragePrecision(scores, labels) - 1) < 1e-12
            && ThresholdMetrics.BestAccuracy(scores, labels) == 1 && ThresholdMetrics.BestF1(scores, labels) == 1;
    }
}

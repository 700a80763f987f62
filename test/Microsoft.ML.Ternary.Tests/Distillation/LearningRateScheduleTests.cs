using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

public class LearningRateScheduleTests
{
    [Theory]
    [InlineData(1e4, 1e-3)]
    [InlineData(3e5, 1e-3)]
    [InlineData(1.35e6, 4e-4)]
    [InlineData(8e6, 2e-4)]
    [InlineData(1e9, 2e-4)]
    public void ThePeakFallsAsTheRunGrows(double tokens, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.PeakFor(tokens, TernaryDigits.One), expected * 1e-9);

    [Theory]
    [InlineData(1e4, 2e-4)]
    [InlineData(4e6, 1e-4)]
    [InlineData(1e9, 1e-4)]
    public void WeightsOfTwoDigitsMoveInSmallerSteps(double tokens, double expected)
    {
        Assert.Equal(expected, LearningRateSchedule.PeakFor(tokens, TernaryDigits.Two), expected * 1e-9);
        Assert.Equal(expected, LearningRateSchedule.PeakFor(tokens, TernaryDigits.TwoIn("encoder.layer.0.*")), expected * 1e-9);
    }

    [Fact]
    public void ThePeakIsLinearInTheLogarithmsBetweenMeasuredPoints() =>
        Assert.Equal(Math.Sqrt(1e-3 * 4e-4), LearningRateSchedule.PeakFor(Math.Sqrt(3e5 * 1.35e6), TernaryDigits.One), 1e-9);

    [Fact]
    public void TheDefaultRateWarmsUpThenFallsToZeroAlongACosine()
    {
        TernaryRecipe recipe = TernaryRecipe.Default with { WarmUp = 0.1 };
        double Rate(int step) => LearningRateSchedule.Rate(recipe, 1, step, 100, epoch: 0);
        Assert.Equal(1 / 11.0, Rate(0), 1e-12);
        Assert.Equal(10 / 11.0, Rate(9), 1e-12);
        Assert.Equal(1, Rate(10), 1e-12);
        Assert.Equal(0.5, Rate(55), 1e-12);
        Assert.InRange(Rate(99), 0, 0.001);
    }

    [Fact]
    public void ThePaperRateFallsToAFifthEachEpoch()
    {
        double Rate(int epoch) => LearningRateSchedule.Rate(TernaryRecipe.Paper, 1e-4, 50, 100, epoch);
        Assert.Equal(1e-4, Rate(0), 1e-12);
        Assert.Equal(2e-5, Rate(1), 1e-12);
        Assert.Equal(4e-6, Rate(2), 1e-12);
    }
}

// Label measures against values worked out by hand, and the laws that they keep.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class ClassificationMetricsTests
{
    [Fact]
    public void LabelsAreAveragedPlainAndByWeight()
    {
        // Label 0: 3 true, 2 predicted, 2 right. 1: 1 true, 2 predicted, 1 right. 2: 1 true, none predicted. 3: 1 predicted.
        ClassificationMetrics metrics = ClassificationMetrics.Measure([0, 0, 0, 1, 2], [0, 0, 1, 1, 3]);
        double f0 = 4 / 5.0, f1 = 2 / 3.0;
        Assert.Equal(0.6, metrics.Accuracy, 12);
        Assert.Equal((f0 + f1 + 0 + 0) / 4, metrics.MacroF1, 12);
        Assert.Equal((f0 * 3 + f1) / 5, metrics.WeightedF1, 12);
        Assert.Equal((1 * 3 + 0.5) / 5, metrics.WeightedPrecision, 12);
        Assert.Equal((2 / 3.0 * 3 + 1) / 5, metrics.WeightedRecall, 12);
    }

    [Fact]
    public void UnequalLengthsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.Measure([0], [0, 1]));
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.Measure([], []));
    }

    [Property]
    public bool NamesOfLabelsDoNotMatterAndWeightedRecallIsAccuracy((byte Truth, byte Predicted)[] items)
    {
        (int Truth, int Predicted)[] all = [.. items.Select(item => (item.Truth % 4, item.Predicted % 4)), (0, 1)];
        ClassificationMetrics one = ClassificationMetrics.Measure([.. all.Select(item => item.Truth)], [.. all.Select(item => item.Predicted)]);
        ClassificationMetrics other = ClassificationMetrics.Measure([.. all.Select(item => 9 - item.Truth)], [.. all.Select(item => 9 - item.Predicted)]);
        return Math.Abs(one.MacroF1 - other.MacroF1) < 1e-12 && Math.Abs(one.WeightedF1 - other.WeightedF1) < 1e-12
            && Math.Abs(one.WeightedRecall - one.Accuracy) < 1e-12;
    }
}

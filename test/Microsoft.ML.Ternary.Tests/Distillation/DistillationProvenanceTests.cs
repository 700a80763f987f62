// A model's file shows how its training went, in few bytes that do not depend on a clock.
using System.Text.Json;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

public class DistillationProvenanceTests
{
    [Fact]
    public void ALongCurveIsThinnedToFiftyPointsThatEndWithTheLastStep()
    {
        double[][] curve = Curve(1000, [.. Enumerable.Range(1, 200).Select(i => new LossPoint(i * 5, i, 1.0 / i, null))]);
        Assert.Equal(50, curve.Length);
        Assert.Equal([20, 0.25], curve[0]);
        Assert.Equal([1000, 0.005], curve[^1]);
    }

    [Fact]
    public void PointsWhoseStepAClockChoseAreLeftOut()
    {
        LossPoint[] points = [new(5, 1, 3, null), new(7, 1.2, 2.9, 0.5), new(10, 2, 2, null), new(1000, 9, 1, 0.9), new(1000, 9, 1, 0.95)];
        Assert.Equal([[5, 3], [10, 2], [1000, 1]], Curve(1000, points));
    }

    [Fact]
    public void AShortRunKeepsEveryPoint() =>
        Assert.Equal([[1, 1.235], [2, 1e-7]], Curve(2, [new(1, 1, 1.23456, null), new(2, 2, 1e-7, null)]));

    private static double[][] Curve(int steps, LossPoint[] points)
    {
        DistillationReport report = new()
        {
            Recipe = TernaryRecipe.Default,
            Steps = steps,
            Texts = 1,
            Tokens = 1,
            Seconds = 1,
            CosineMean = 1,
            CosineP5 = 1,
            HeldOutTexts = 1,
            HeldOutIsTrainingText = false,
            LossCurve = points,
            ZeroShare = 0,
            TeacherBytes = 1,
            StudentBytes = 1,
        };
        return JsonSerializer.Deserialize<double[][]>(DistillationProvenance.LossCurve(report))!;
    }
}

using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

public class LossWatchTests
{
    private const double WarmUp = 0.05;
    private const int TotalSteps = 2000;

    [Fact]
    public void FiftyStepsOfFarTooHighALossAreSuspectAndFortyNineAreNot()
    {
        Assert.Equal(1000 + LossWatch.Steps - 1, FirstSuspicion(step => step < 1000 ? 0.2 : 0.9));
        Assert.Null(FirstSuspicion(step => step is >= 1000 and < 1000 + LossWatch.Steps - 1 ? 0.9 : 0.2));
    }

    [Fact]
    public void OneHugeLossIsNoSuspicion() => Assert.Null(FirstSuspicion(step => step == 1000 ? 1e6 : 0.2));

    [Fact]
    public void TheNoiseOfBatchesIsNoSuspicion()
    {
        // A batch in twenty is three times the median or more.
        var random = new Random(3);
        Assert.Null(FirstSuspicion(_ => 0.2 * Math.Exp(0.67 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))));
    }

    [Fact]
    public void ALossThatRisesInTheWarmUpIsNoSuspicion() => Assert.Null(FirstSuspicion(step => step < 15 ? 0.1 : step < WarmUp * TotalSteps ? 1 : 0.3));

    [Fact]
    public void AStudentThatLosesBeforeItWinsIsNoSuspicion() =>
        Assert.Null(FirstSuspicion(step => 0.13 * (1 + (2 * Math.Exp(-Math.Pow((step - 200) / 150.0, 2))) - (0.5 * step / TotalSteps))));

    [Fact]
    public void AnAcquittalMakesThePresentLevelTheMeasure()
    {
        DistillationState state = new() { TotalSteps = TotalSteps };
        var suspicions = new List<int>();
        for (int step = 0; step < TotalSteps; step++)
        {
            if (Step(state, step < 500 ? 0.2 : step < 1500 ? 0.9 : 9))
            {
                suspicions.Add(step);
                LossWatch.Acquit(state);
            }
        }
        Assert.Equal(500 + LossWatch.Steps - 1, suspicions[0]);
        Assert.Equal(1500 + LossWatch.Steps - 1, suspicions.First(step => step >= 600));
    }

    [Theory]
    [InlineData(0.95, 0.94, false)]
    [InlineData(0.95, 0.80, true)]
    [InlineData(0.95, double.NaN, true)]
    [InlineData(1, 0.96, false)]
    [InlineData(0.5, 0.2, false)]
    [InlineData(0.5, -0.1, true)]
    [InlineData(double.NaN, 0.1, false)]
    public void AStudentIsLostWhereItIsTwiceAsFarFromItsTeacher(double best, double now, bool lost) => Assert.Equal(lost, LossWatch.IsLost(best, now));

    private static int? FirstSuspicion(Func<int, double> loss)
    {
        DistillationState state = new() { TotalSteps = TotalSteps };
        return Enumerable.Range(0, TotalSteps).Where(step => Step(state, loss(step))).Select(step => (int?)step).FirstOrDefault();
    }

    // As a run keeps its mean.
    private static bool Step(DistillationState state, double loss)
    {
        bool suspected = LossWatch.Suspects(state, loss, WarmUp);
        double smoothing = Math.Min(0.98, (double)state.Step / (state.Step + 1));
        state.Loss = smoothing * state.Loss + (1 - smoothing) * loss;
        state.Step++;
        LossWatch.Learn(state);
        return suspected;
    }
}

using FsCheck.Xunit;
using Microsoft.ML.Ternary.Experiments;

namespace Microsoft.ML.Ternary.Tests.Experiments;

public class HalvingPlanTests
{
    [Fact]
    public void EightTrialsAreHalvedThreeTimesAndEachRungDoublesTheSteps() =>
        Assert.Equal([new(8, 10), new(4, 20), new(2, 40), new(1, 80)], HalvingPlan.Create(8, 2, 80));

    [Fact]
    public void OneInThreeGoesOnWhereTheFactorIsThree() =>
        Assert.Equal([new(10, 11), new(3, 33), new(1, 100)], HalvingPlan.Create(10, 3, 100));

    [Fact]
    public void ThreeTrialsOfFourStepsBeginWithTwo() => Assert.Equal([new(3, 2), new(1, 4)], HalvingPlan.Create(3, 2, 4));

    [Fact]
    public void ThereAreNoMoreRungsThanStepsCanTellApart()
    {
        Assert.Equal([new(8, 1), new(4, 3)], HalvingPlan.Create(8, 2, 3));
        Assert.Equal([new(8, 1)], HalvingPlan.Create(8, 2, 1));
    }

    [Fact]
    public void OneTrialHasOneRung() => Assert.Equal([new(1, 7)], HalvingPlan.Create(1, 2, 7));

    [Fact]
    public void WithoutStepsTheCountsAreTheSame() => Assert.Equal([new(5, null), new(2, null), new(1, null)], HalvingPlan.Create(5, 2, null));

    [Property]
    public bool RungsShrinkWhileStepsGrowAndTheLastHasThemAll(byte trials, byte reduction, ushort steps)
    {
        int n = trials + 1, eta = 2 + reduction % 4, all = steps + 1;
        IReadOnlyList<HalvingRung> plan = HalvingPlan.Create(n, eta, all);
        bool laws = plan[0].Trials == n && plan[^1].Steps == all && plan[0].Steps >= 1 && plan[^1].Trials >= 1;
        for (int i = 1; i < plan.Count; i++)
            laws &= plan[i].Trials == plan[i - 1].Trials / eta && plan[i].Steps >= eta * plan[i - 1].Steps;
        return laws;
    }

    [Property]
    public bool HalvingCostsAtMostTheFirstRungOnceMoreForEachRung(byte trials, ushort steps)
    {
        int n = trials + 1, all = steps + 1;
        IReadOnlyList<HalvingRung> plan = HalvingPlan.Create(n, 2, all);
        // A promoted trial pays only for the steps that it has not done: each later rung costs at most its full length.
        long cost = 0, longest = 0;
        for (int i = 0; i < plan.Count; i++)
        {
            cost += (long)plan[i].Trials * (plan[i].Steps!.Value - (i == 0 ? 0 : plan[i - 1].Steps!.Value));
            longest = Math.Max(longest, (long)plan[i].Trials * plan[i].Steps!.Value);
        }
        return cost <= plan.Count * longest && cost <= (long)n * all;
    }
}

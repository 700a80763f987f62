// Successive halving as arithmetic: how many trials train for how long. All begin, few train to the end, and what is saved on the
// bad ones is spent on the good ones.
namespace Microsoft.ML.Ternary.Experiments;

/// <summary>A stage of successive halving.</summary>
/// <param name="Trials">Most trials that take part.</param>
/// <param name="Steps">Steps, in batches of the first recipe's size, that each has done at its end; null where time decides.</param>
internal sealed record HalvingRung(int Trials, int? Steps);

/// <summary>Successive halving (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS
/// 2016): rung k has floor(n / eta^k) trials, and each of them has then trained for R / eta^(K - k) steps, K being the last rung. Each
/// rung costs about as much as the next.</summary>
internal static class HalvingPlan
{
    /// <summary>The rungs, first to last.</summary>
    /// <param name="trials">n, at least 1.</param>
    /// <param name="reduction">eta, at least 2.</param>
    /// <param name="steps">R, at least 1, or null. There are no more rungs than steps allow to differ.</param>
    public static IReadOnlyList<HalvingRung> Create(int trials, int reduction, int? steps)
    {
        int last = 0;
        long power = 1;
        while (power * reduction <= trials && power * reduction <= (steps ?? int.MaxValue))
            (last, power) = (last + 1, power * reduction);
        List<HalvingRung> rungs = [];
        for (long before = 1; before <= power; before *= reduction)
            rungs.Add(new HalvingRung((int)(trials / before), steps is int all ? (int)(all / (power / before)) : null));
        return rungs;
    }
}

// One figure hides what was paid for it. The front keeps every result that no other beats in quality, size and speed at once.
namespace Microsoft.ML.Ternary.Experiments;

internal static class ParetoFront
{
    /// <summary>The best result of each trial that no other trial's dominates, smallest first. All must have completed.</summary>
    public static IReadOnlyList<TernaryTrialResult> Of(IEnumerable<TernaryTrialResult> completed)
    {
        TernaryTrialResult[] results = [.. completed.GroupBy(result => result.Trial.Number).Select(Best)];
        return [.. results.Where(result => !Array.Exists(results, other => other.Dominates(result)))
            .OrderBy(result => result.Bytes).ThenBy(result => result.Metric).ThenBy(result => result.Trial.Number)];
    }

    /// <summary>The result of the highest metric; of equal ones the smaller model, then the earlier trial, then the later rung.</summary>
    public static TernaryTrialResult Best(IEnumerable<TernaryTrialResult> completed) =>
        Ranked(completed).First();

    /// <summary>Best first.</summary>
    public static IEnumerable<TernaryTrialResult> Ranked(IEnumerable<TernaryTrialResult> completed) =>
        completed.OrderByDescending(result => result.Metric).ThenBy(result => result.Bytes).ThenBy(result => result.Trial.Number).ThenByDescending(result => result.Trial.Rung);
}

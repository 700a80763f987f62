// Measures of scores that should be higher for positives: what pair classification and reranking come down to.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Measures of how well scores tell positives from negatives, over all thresholds.</summary>
/// <remarks>A threshold cannot part equal scores: they are taken together, so that an order among them that is mere chance
/// neither helps nor hurts.</remarks>
public static class ThresholdMetrics
{
    /// <summary>Average precision, Σ (R_n - R_n-1) P_n over the thresholds, with precision P_n and recall R_n of what is at or
    /// above the n-th largest score (scikit-learn's average_precision_score).</summary>
    /// <exception cref="ArgumentException">The sides differ in length, or nothing is positive.</exception>
    public static double AveragePrecision(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        double sum = 0;
        int before = 0;
        foreach ((int taken, int correct, int total) in Thresholds(scores, positive))
        {
            sum += (double)(correct - before) / total * correct / taken;
            before = correct;
        }
        return sum;
    }

    /// <summary>The accuracy at the best threshold, among them those that take all or nothing for positive.</summary>
    /// <exception cref="ArgumentException">The sides differ in length, or nothing is positive.</exception>
    public static double BestAccuracy(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        int count = scores.Length, best = 0;
        foreach ((int taken, int correct, int total) in Thresholds(scores, positive))
            best = Math.Max(best, Math.Max(count - total, correct + count - total - (taken - correct)));
        return (double)best / count;
    }

    /// <summary>The F1 of the positives, 2 P R / (P + R), at the best threshold.</summary>
    /// <exception cref="ArgumentException">The sides differ in length, or nothing is positive.</exception>
    public static double BestF1(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        double best = 0;
        foreach ((int taken, int correct, int total) in Thresholds(scores, positive))
            best = Math.Max(best, 2.0 * correct / (taken + total));
        return best;
    }

    // For each different score, from the largest: how many are at or above it, how many of them are positive, and all positives.
    private static List<(int Taken, int Correct, int Total)> Thresholds(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        if (scores.Length != positive.Length)
            throw new ArgumentException($"Expected a score for each label, got {scores.Length} scores and {positive.Length} labels.", nameof(scores));
        int total = positive.Count(true);
        if (total == 0)
            throw new ArgumentException("Nothing is positive; precision and recall are not defined.", nameof(positive));
        double[] sorted = scores.ToArray();
        bool[] labels = positive.ToArray();
        Array.Sort(sorted, labels);
        List<(int Taken, int Correct, int Total)> thresholds = [];
        int correct = 0;
        for (int i = sorted.Length - 1; i >= 0; i--)
        {
            correct += labels[i] ? 1 : 0;
            if (i == 0 || sorted[i - 1] != sorted[i])
                thresholds.Add((sorted.Length - i, correct, total));
        }
        return thresholds;
    }
}

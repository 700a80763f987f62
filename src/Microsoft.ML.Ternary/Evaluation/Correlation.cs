// Semantic similarity tasks score a model by how its cosines correlate with what people said.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Correlation coefficients.</summary>
public static class Correlation
{
    /// <summary>Pearson's r: the covariance divided by both standard deviations, from -1 to 1; NaN where a side is constant.</summary>
    /// <exception cref="ArgumentException">The sides differ in length or have fewer than two values.</exception>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length || x.Length < 2)
            throw new ArgumentException($"Correlation needs two series of one length of at least 2, got {x.Length} and {y.Length} values.");
        double meanX = Mean(x), meanY = Mean(y);
        double covariance = 0, varianceX = 0, varianceY = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double dx = x[i] - meanX, dy = y[i] - meanY;
            covariance += dx * dy;
            varianceX += dx * dx;
            varianceY += dy * dy;
        }
        return varianceX == 0 || varianceY == 0 ? double.NaN : covariance / Math.Sqrt(varianceX * varianceY);
    }

    /// <summary>Spearman's ρ: Pearson's r of the ranks, equal values sharing the mean of their ranks.</summary>
    /// <exception cref="ArgumentException">The sides differ in length or have fewer than two values.</exception>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Pearson(Ranks(x), Ranks(y));

    /// <summary>A coefficient, or 0 where it is undefined because a side is constant: what tells nothing apart correlates with nothing.</summary>
    internal static double OrZero(double coefficient) => double.IsNaN(coefficient) ? 0 : coefficient;

    /// <summary>Ranks from 1, equal values sharing the mean of their ranks.</summary>
    internal static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, order);
        double[] ranks = new double[sorted.Length];
        for (int start = 0; start < sorted.Length;)
        {
            int end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
                end++;
            for (int i = start; i < end; i++)
                ranks[order[i]] = (start + 1 + end) / 2.0;
            start = end;
        }
        return ranks;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum / values.Length;
    }
}

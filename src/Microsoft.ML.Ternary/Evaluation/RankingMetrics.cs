// How good one ranking is, in the measures of BEIR and MTEB; a task's figure is the mean over its queries.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Measures of one query's ranking of documents, best first.</summary>
/// <remarks>A ranking may be shorter than k: what it lacks counts as not found. Documents are not repeated in it.</remarks>
public static class RankingMetrics
{
    /// <summary>The share of the relevant documents that are among the first <paramref name="k"/>.</summary>
    /// <exception cref="ArgumentException">No document is relevant.</exception>
    public static double RecallAt(int k, ReadOnlySpan<int> ranking, IReadOnlySet<int> relevant)
    {
        if (relevant.Count == 0)
            throw new ArgumentException("Recall is not defined for a query without relevant documents.", nameof(relevant));
        int found = 0;
        foreach (int document in First(k, ranking))
            found += relevant.Contains(document) ? 1 : 0;
        return (double)found / relevant.Count;
    }

    /// <summary>1 / rank of the first relevant document among the first <paramref name="k"/>, 0 where there is none.</summary>
    public static double ReciprocalRankAt(int k, ReadOnlySpan<int> ranking, IReadOnlySet<int> relevant)
    {
        ReadOnlySpan<int> first = First(k, ranking);
        for (int i = 0; i < first.Length; i++)
        {
            if (relevant.Contains(first[i]))
                return 1.0 / (i + 1);
        }
        return 0;
    }

    /// <summary>Average precision: the sum of the precisions at the ranks of the relevant documents among the first
    /// <paramref name="k"/>, divided by the number of all relevant documents (trec_eval's map_cut).</summary>
    /// <exception cref="ArgumentException">No document is relevant.</exception>
    public static double AveragePrecisionAt(int k, ReadOnlySpan<int> ranking, IReadOnlySet<int> relevant)
    {
        if (relevant.Count == 0)
            throw new ArgumentException("Average precision is not defined for a query without relevant documents.", nameof(relevant));
        ReadOnlySpan<int> first = First(k, ranking);
        double sum = 0;
        for (int i = 0, found = 0; i < first.Length; i++)
        {
            if (relevant.Contains(first[i]))
                sum += (double)++found / (i + 1);
        }
        return sum / relevant.Count;
    }

    /// <summary>Normalised discounted cumulative gain: Σ grade / log2(rank + 1) over the first <paramref name="k"/>,
    /// divided by its value for the best possible ranking (Järvelin and Kekäläinen 2002, with trec_eval's linear gain).</summary>
    /// <param name="k">Ranks that count.</param>
    /// <param name="ranking">Documents, best first.</param>
    /// <param name="grades">The grade of each relevant document, above 0.</param>
    /// <exception cref="ArgumentException">No document has a grade above 0.</exception>
    public static double NdcgAt(int k, ReadOnlySpan<int> ranking, IReadOnlyDictionary<int, double> grades)
    {
        double[] best = [.. grades.Values.Where(grade => grade > 0).OrderDescending().Take(k)];
        if (best.Length == 0)
            throw new ArgumentException("nDCG is not defined for a query without relevant documents.", nameof(grades));
        ReadOnlySpan<int> first = First(k, ranking);
        double[] found = new double[first.Length];
        for (int i = 0; i < first.Length; i++)
            found[i] = Math.Max(0, grades.GetValueOrDefault(first[i]));
        return DiscountedGain(found) / DiscountedGain(best);
    }

    private static double DiscountedGain(double[] grades)
    {
        double sum = 0;
        for (int i = 0; i < grades.Length; i++)
            sum += grades[i] / Math.Log2(i + 2);
        return sum;
    }

    private static ReadOnlySpan<int> First(int k, ReadOnlySpan<int> ranking)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        return ranking[..Math.Min(k, ranking.Length)];
    }
}

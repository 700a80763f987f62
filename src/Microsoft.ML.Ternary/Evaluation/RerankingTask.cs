// Reranking: few candidates for each query, of which the relevant ones should come first.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A query with its candidates.</summary>
/// <param name="Queries">The query, or several ways to put it: a candidate's score is its best over them.</param>
/// <param name="Positive">The relevant candidates.</param>
/// <param name="Negative">The other candidates.</param>
public sealed record RerankingSample(IReadOnlyList<string> Queries, IReadOnlyList<string> Positive, IReadOnlyList<string> Negative);

/// <summary>Order of candidates by cosine to their query: <c>map</c> (main), mean average precision, and <c>mrr</c>, the mean of
/// 1 / rank of the first relevant candidate, 0 beyond rank 10.</summary>
/// <remarks>Samples without relevant or without other candidates are left out, as MTEB leaves them out. Of equal scores the
/// relevant candidates come last, so that a model that tells nothing apart gains nothing by the order of the file.</remarks>
public sealed class RerankingTask : RankingTask
{
    private const int DeepestRank = 10;

    private readonly RerankingSample[] _samples;
    private readonly string[] _queries;
    private readonly string[] _candidates;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="samples">At least one sample with relevant and other candidates.</param>
    /// <exception cref="ArgumentException">There is none, or a sample has no query.</exception>
    public RerankingTask(string name, IReadOnlyList<RerankingSample> samples)
        : base(name)
    {
        CheckList(samples, "samples", 1, nameof(samples));
        for (int i = 0; i < samples.Count; i++)
        {
            if (samples[i].Queries.Count == 0)
                throw new ArgumentException($"Sample {i} has no query.", nameof(samples));
        }
        _samples = [.. samples.Where(sample => sample.Positive.Count > 0 && sample.Negative.Count > 0)];
        if (_samples.Length == 0)
            throw new ArgumentException("No sample has both relevant and other candidates; there is nothing to order.", nameof(samples));
        _queries = [.. _samples.SelectMany(sample => sample.Queries)];
        _candidates = [.. _samples.SelectMany(sample => sample.Positive.Concat(sample.Negative))];
        Texts = [.. _queries, .. _candidates];
    }

    /// <inheritdoc/>
    public override string Type => "Reranking";

    /// <inheritdoc/>
    public override string MainMetric => "map";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        float[] queries = run.Embed(_queries), candidates = run.Embed(_candidates);
        return Measure((query, first, count) =>
        {
            double[] cosines = new double[count];
            for (int i = 0; i < count; i++)
                cosines[i] = EmbeddingAgreement.Cosine(Row(queries, query), Row(candidates, first + i));
            return cosines;
        });

        ReadOnlySpan<float> Row(float[] rows, int row) => rows.AsSpan(row * run.Dimension, run.Dimension);
    }

    private protected override IReadOnlyList<EvaluationScore> ScoreSearch(
        Func<IReadOnlyList<string>, ITextSearch> index, IProgress<double>? progress, CancellationToken cancellation)
    {
        ITextSearch search = index(_candidates);
        return Measure((query, first, count) =>
        {
            cancellation.ThrowIfCancellationRequested();
            // What a search does not find is worse than all that it finds.
            double[] scores = [.. Enumerable.Repeat(double.NegativeInfinity, count)];
            foreach (Bm25Hit hit in search.Search(_queries[query], _candidates.Length))
            {
                if (hit.Document >= first && hit.Document < first + count)
                    scores[hit.Document - first] = hit.Score;
            }
            progress?.Report((query + 1.0) / _queries.Length);
            return scores;
        });
    }

    // The scores of a query's candidates, given the number of the query, of its first candidate, and of its candidates.
    private EvaluationScore[] Measure(Func<int, int, int, double[]> score)
    {
        double map = 0, mrr = 0;
        int query = 0, candidate = 0;
        foreach (RerankingSample sample in _samples)
        {
            int positives = sample.Positive.Count, count = positives + sample.Negative.Count;
            double[] best = score(query, candidate, count);
            for (int other = 1; other < sample.Queries.Count; other++)
                best = [.. best.Zip(score(query + other, candidate, count), Math.Max)];
            bool[] relevant = [.. Enumerable.Range(0, count).Select(i => i < positives)];
            map += ThresholdMetrics.AveragePrecision(best, relevant) / _samples.Length;
            mrr += ReciprocalRank(best, positives) / _samples.Length;
            query += sample.Queries.Count;
            candidate += count;
        }
        return [new(MainMetric, map), new("mrr", mrr)];
    }

    private static double ReciprocalRank(double[] scores, int positives)
    {
        double best = scores.Take(positives).Max();
        int rank = 1 + scores.Skip(positives).Count(score => score >= best);
        return rank <= DeepestRank ? 1.0 / rank : 0;
    }
}

// Semantic textual similarity: does the model's cosine order pairs as people do?
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Correlation of the cosines of sentence pairs with the similarity that people gave them: <c>cosine_spearman</c> (main)
/// and <c>cosine_pearson</c>.</summary>
/// <remarks>A model that gives all pairs the same cosine has no correlation: both figures are then 0, where MTEB has NaN.</remarks>
public sealed class StsTask : EvaluationTask
{
    private readonly double[] _scores;
    private readonly string[] _texts;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="pairs">At least two pairs, not all of one score; scores on any scale, more is more similar.</param>
    /// <exception cref="ArgumentException">There are fewer pairs, all have one score, or a score is not finite.</exception>
    public StsTask(string name, IReadOnlyList<SentencePair> pairs)
        : base(name)
    {
        CheckList(pairs, "sentence pairs", 2, nameof(pairs));
        _scores = [.. pairs.Select(pair => pair.Score)];
        if (!_scores.All(double.IsFinite))
            throw new ArgumentException($"The score of pair {Array.FindIndex(_scores, score => !double.IsFinite(score))} is not a finite number.", nameof(pairs));
        if (_scores.All(score => score == _scores[0]))
            throw new ArgumentException($"All pairs have the score {_scores[0]}; nothing can correlate with that.", nameof(pairs));
        _texts = [.. pairs.Select(pair => pair.Sentence1), .. pairs.Select(pair => pair.Sentence2)];
    }

    /// <inheritdoc/>
    public override string Type => "STS";

    /// <inheritdoc/>
    public override string MainMetric => "cosine_spearman";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts => _texts;

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        float[] rows = run.Embed(_texts);
        double[] cosines = EmbeddingAgreement.Cosines(rows.AsSpan(0, rows.Length / 2), rows.AsSpan(rows.Length / 2), run.Dimension);
        return
        [
            new(MainMetric, Correlation.OrZero(Correlation.Spearman(cosines, _scores))),
            new("cosine_pearson", Correlation.OrZero(Correlation.Pearson(cosines, _scores))),
        ];
    }
}

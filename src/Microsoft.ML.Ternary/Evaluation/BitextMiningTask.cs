// Bitext mining: among all target sentences the translation should be nearest.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A sentence and its translation.</summary>
/// <param name="Source">The sentence.</param>
/// <param name="Target">Its translation.</param>
public sealed record BitextPair(string Source, string Target);

/// <summary>For each source sentence the nearest target sentence by cosine: <c>f1</c> (main), <c>precision</c> and
/// <c>recall</c>, weighted over the targets, and <c>accuracy</c>.</summary>
/// <remarks>The label to predict is the number of the pair. Of equal cosines the earlier target is taken, and a copy of the
/// right sentence in another pair is a miss, as in MTEB.</remarks>
public sealed class BitextMiningTask : EvaluationTask
{
    private readonly string[] _sources;
    private readonly string[] _targets;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="pairs">At least two pairs.</param>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public BitextMiningTask(string name, IReadOnlyList<BitextPair> pairs)
        : base(name)
    {
        CheckList(pairs, "sentence pairs", 2, nameof(pairs));
        _sources = [.. pairs.Select(pair => pair.Source)];
        _targets = [.. pairs.Select(pair => pair.Target)];
        Texts = [.. _sources, .. _targets];
    }

    /// <inheritdoc/>
    public override string Type => "BitextMining";

    /// <inheritdoc/>
    public override string MainMetric => "f1";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        NearestDocuments nearest = new(run.EmbedNormalized(_sources), run.Dimension, 1);
        nearest.Offer(run.EmbedNormalized(_targets), 0, run.Cancellation);
        ClassificationMetrics metrics = ClassificationMetrics.Measure(
            [.. Enumerable.Range(0, _sources.Length)], [.. nearest.Rankings.Select(ranking => ranking[0])]);
        return
        [
            new(MainMetric, metrics.WeightedF1),
            new("precision", metrics.WeightedPrecision),
            new("recall", metrics.WeightedRecall),
            new("accuracy", metrics.Accuracy),
        ];
    }
}

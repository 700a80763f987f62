// Pair classification: paraphrase or not, and no threshold is given.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Two sentences that belong together or not.</summary>
/// <param name="Positive">Whether they do.</param>
/// <param name="Sentence1">The first sentence.</param>
/// <param name="Sentence2">The second sentence.</param>
public sealed record LabeledPair(bool Positive, string Sentence1, string Sentence2);

/// <summary>How well the similarity of embeddings tells pairs that belong together: average precision by cosine
/// (<c>cosine_ap</c>), inner product (<c>dot_ap</c>), Euclidean and Manhattan distance (<c>euclidean_ap</c>,
/// <c>manhattan_ap</c>), the largest of these (<c>max_ap</c>, main), and the best accuracy and F1 of a threshold on the cosine
/// (<c>cosine_accuracy</c>, <c>cosine_f1</c>).</summary>
public sealed class PairClassificationTask : EvaluationTask
{
    private readonly bool[] _positive;
    private readonly string[] _texts;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="pairs">Pairs of both kinds.</param>
    /// <exception cref="ArgumentException">There are no pairs of one kind.</exception>
    public PairClassificationTask(string name, IReadOnlyList<LabeledPair> pairs)
        : base(name)
    {
        CheckList(pairs, "labelled pairs", 2, nameof(pairs));
        _positive = [.. pairs.Select(pair => pair.Positive)];
        if (_positive.All(positive => positive == _positive[0]))
            throw new ArgumentException($"All pairs are {(_positive[0] ? "positive" : "negative")}; both kinds are needed.", nameof(pairs));
        _texts = [.. pairs.Select(pair => pair.Sentence1), .. pairs.Select(pair => pair.Sentence2)];
    }

    /// <inheritdoc/>
    public override string Type => "PairClassification";

    /// <inheritdoc/>
    public override string MainMetric => "max_ap";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts => _texts;

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        float[] rows = run.Embed(_texts);
        double[] cosines = EmbeddingAgreement.Cosines(rows.AsSpan(0, rows.Length / 2), rows.AsSpan(rows.Length / 2), run.Dimension);
        EvaluationScore[] precisions =
        [
            new("cosine_ap", ThresholdMetrics.AveragePrecision(cosines, _positive)),
            new("dot_ap", AveragePrecision(rows, run.Dimension, (a, b) => TensorPrimitives.Dot(a, b))),
            new("euclidean_ap", AveragePrecision(rows, run.Dimension, (a, b) => -TensorPrimitives.Distance(a, b))),
            new("manhattan_ap", AveragePrecision(rows, run.Dimension, (a, b) => -Manhattan(a, b))),
        ];
        return
        [
            new(MainMetric, precisions.Max(score => score.Value)),
            .. precisions,
            new("cosine_accuracy", ThresholdMetrics.BestAccuracy(cosines, _positive)),
            new("cosine_f1", ThresholdMetrics.BestF1(cosines, _positive)),
        ];
    }

    private double AveragePrecision(float[] rows, int dimension, Func<ReadOnlySpan<float>, ReadOnlySpan<float>, double> similarity)
    {
        double[] scores = new double[_positive.Length];
        for (int i = 0; i < scores.Length; i++)
            scores[i] = similarity(rows.AsSpan(i * dimension, dimension), rows.AsSpan((scores.Length + i) * dimension, dimension));
        return ThresholdMetrics.AveragePrecision(scores, _positive);
    }

    private static double Manhattan(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += Math.Abs(a[i] - b[i]);
        return sum;
    }
}

// Classification: how much of what tells the classes apart is in the embedding, for a linear classifier to find.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Multinomial logistic regression on frozen embeddings: <c>accuracy</c> (main), <c>f1</c> (the mean over the classes)
/// and <c>f1_weighted</c> on the test texts.</summary>
/// <remarks>Trained with ML.NET's L-BFGS, penalty ½ |W|² beside the summed loss (scikit-learn's C = 1), at most 100 iterations, on
/// embeddings as the model gives them. With <see cref="ClassificationOptions.FewShot"/> that many examples of each class are
/// drawn, several times, and the figures are means, which is MTEB's protocol; without, all examples are used once. A class that
/// only the test texts have is never predicted.</remarks>
public sealed class ClassificationTask : EvaluationTask
{
    private readonly int[] _trainLabels;
    private readonly int[] _testLabels;
    private readonly int _classes;
    private readonly string[] _trainTexts;
    private readonly string[] _testTexts;
    private readonly int[][] _draws;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="train">Texts to learn from, of at least two classes.</param>
    /// <param name="test">Texts to classify, at least one.</param>
    /// <param name="options">The protocol; null trains on all.</param>
    /// <exception cref="ArgumentException">There are too few texts or classes, or an option is below 1.</exception>
    public ClassificationTask(string name, IReadOnlyList<LabeledText> train, IReadOnlyList<LabeledText> test, ClassificationOptions? options = null)
        : base(name)
    {
        CheckList(train, "training texts", 2, nameof(train));
        CheckList(test, "test texts", 1, nameof(test));
        Options = options ?? new ClassificationOptions();
        if (Options.FewShot < 1 || Options.Repetitions < 1)
            throw new ArgumentException($"FewShot is {Options.FewShot} and Repetitions {Options.Repetitions}; both must be at least 1, or FewShot null for all examples.", nameof(options));
        Dictionary<string, int> labels = [];
        _trainLabels = [.. train.Select(text => Number(labels, text.Label))];
        _classes = labels.Count;
        if (_classes < 2)
            throw new ArgumentException($"All training texts have the label '{train[0].Label}'; at least two classes are needed.", nameof(train));
        _testLabels = [.. test.Select(text => Number(labels, text.Label))];
        _testTexts = [.. test.Select(text => text.Text)];
        int[][] draws = Draw(_trainLabels, Options);
        (_trainTexts, _trainLabels, _draws) = Keep(train, _trainLabels, draws);
        Texts = [.. _trainTexts, .. _testTexts];
    }

    /// <summary>The protocol.</summary>
    public ClassificationOptions Options { get; }

    /// <inheritdoc/>
    public override string Type => "Classification";

    /// <inheritdoc/>
    public override string MainMetric => "accuracy";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        FeatureRow[] train = FeatureRow.Create(run.Embed(_trainTexts), run.Dimension, _trainLabels);
        FeatureRow[] test = FeatureRow.Create(run.Embed(_testTexts), run.Dimension);
        double accuracy = 0, macro = 0, weighted = 0;
        for (int i = 0; i < _draws.Length; i++)
        {
            FeatureRow[] drawn = [.. _draws[i].Select(row => train[row])];
            int[] predicted = FrozenFeatureTrainers.Classify(drawn, _classes, test, run.Cancellation);
            ClassificationMetrics metrics = ClassificationMetrics.Measure(_testLabels, predicted);
            accuracy += metrics.Accuracy / _draws.Length;
            macro += metrics.MacroF1 / _draws.Length;
            weighted += metrics.WeightedF1 / _draws.Length;
            run.Report((i + 1.0) / _draws.Length);
        }
        return [new(MainMetric, accuracy), new("f1", macro), new("f1_weighted", weighted)];
    }

    private static int Number(Dictionary<string, int> labels, string label)
    {
        if (!labels.TryGetValue(label, out int number))
            labels.Add(label, number = labels.Count);
        return number;
    }

    // The training rows of each repetition: the first of each class in an order that is shuffled anew each time.
    private static int[][] Draw(int[] labels, ClassificationOptions options)
    {
        int[] order = [.. Enumerable.Range(0, labels.Length)];
        if (options.FewShot is not int shots)
            return [order];
        Random random = new(options.Seed);
        int[][] draws = new int[options.Repetitions][];
        for (int i = 0; i < draws.Length; i++)
        {
            random.Shuffle(order);
            draws[i] = [.. order.GroupBy(row => labels[row]).SelectMany(rows => rows.Take(shots))];
        }
        return draws;
    }

    // Drops the texts that no repetition draws: they need not be embedded.
    private static (string[] Texts, int[] Labels, int[][] Draws) Keep(IReadOnlyList<LabeledText> train, int[] labels, int[][] draws)
    {
        int[] kept = [.. draws.SelectMany(draw => draw).Distinct().Order()];
        Dictionary<int, int> places = kept.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        return ([.. kept.Select(row => train[row].Text)], [.. kept.Select(row => labels[row])], [.. draws.Select(draw => draw.Select(row => places[row]).ToArray())]);
    }
}

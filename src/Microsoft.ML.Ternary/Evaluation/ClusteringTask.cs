// Clustering: do the classes form clumps that k-means finds without knowing them?
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>K-means on embeddings, as many clusters as there are classes, against the classes: <c>v_measure</c> (main).</summary>
/// <remarks>ML.NET's k-means from k-means++, at most 100 iterations, on embeddings as the model gives them; the figure is the mean
/// over several runs. A model that has fewer different embeddings than there are classes gets as many clusters as it has
/// embeddings.</remarks>
public sealed class ClusteringTask : EvaluationTask
{
    private readonly int[] _labels;
    private readonly int _classes;
    private readonly string[] _texts;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="texts">Texts of at least two classes.</param>
    /// <param name="options">Runs and seed; null takes the defaults.</param>
    /// <exception cref="ArgumentException">There are fewer texts or classes, or fewer runs than 1.</exception>
    public ClusteringTask(string name, IReadOnlyList<LabeledText> texts, ClusteringOptions? options = null)
        : base(name)
    {
        CheckList(texts, "texts", 2, nameof(texts));
        Options = options ?? new ClusteringOptions();
        if (Options.Repetitions < 1)
            throw new ArgumentException($"Repetitions is {Options.Repetitions}; at least 1 is needed.", nameof(options));
        Dictionary<string, int> labels = texts.Select(text => text.Label).Distinct().Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        _classes = labels.Count;
        if (_classes < 2)
            throw new ArgumentException($"All texts have the label '{texts[0].Label}'; at least two classes are needed.", nameof(texts));
        _labels = [.. texts.Select(text => labels[text.Label])];
        _texts = [.. texts.Select(text => text.Text)];
    }

    /// <summary>Runs and seed.</summary>
    public ClusteringOptions Options { get; }

    /// <inheritdoc/>
    public override string Type => "Clustering";

    /// <inheritdoc/>
    public override string MainMetric => "v_measure";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts => _texts;

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        float[] embeddings = run.Embed(_texts);
        FeatureRow[] rows = FeatureRow.Create(embeddings, run.Dimension);
        int clusters = Math.Min(_classes, CountDifferent(embeddings, run.Dimension, _classes));
        double sum = 0;
        for (int i = 0; i < Options.Repetitions; i++)
        {
            sum += ClusteringMetrics.VMeasure(_labels, FrozenFeatureTrainers.Cluster(rows, clusters, Options.Seed + i, run.Cancellation));
            run.Report((i + 1.0) / Options.Repetitions);
        }
        return [new(MainMetric, sum / Options.Repetitions)];
    }

    // Counts different rows until there are enough, for k-means refuses to make more clusters than there are.
    private static int CountDifferent(float[] rows, int dimension, int enough)
    {
        HashSet<ReadOnlyMemory<float>> different = new(RowComparer.Instance);
        for (int i = 0; i < rows.Length && different.Count < enough; i += dimension)
            different.Add(rows.AsMemory(i, dimension));
        return different.Count;
    }

    private sealed class RowComparer : IEqualityComparer<ReadOnlyMemory<float>>
    {
        public static readonly RowComparer Instance = new();

        public bool Equals(ReadOnlyMemory<float> x, ReadOnlyMemory<float> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<float> row)
        {
            HashCode hash = new();
            foreach (float value in row.Span)
                hash.Add(value);
            return hash.ToHashCode();
        }
    }
}

// Summarisation: do people and the model agree on which machine's summary of a text is better?
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Summaries of one text.</summary>
/// <param name="Text">The text; no figure depends on it.</param>
/// <param name="HumanSummaries">Summaries that people wrote.</param>
/// <param name="MachineSummaries">Summaries that machines wrote.</param>
/// <param name="Relevance">How good people found each of the machines' summaries.</param>
public sealed record SummarizationSample(string Text, IReadOnlyList<string> HumanSummaries, IReadOnlyList<string> MachineSummaries, IReadOnlyList<double> Relevance);

/// <summary>For each text the correlation of what people said of machine summaries with their cosine to the nearest human
/// summary, averaged over the texts: <c>cosine_spearman</c> (main) and <c>cosine_pearson</c>.</summary>
/// <remarks>Texts whose summaries all have one relevance, or one cosine, are left out, as in MTEB; where a model leaves none,
/// both figures are 0.</remarks>
public sealed class SummarizationTask : EvaluationTask
{
    private readonly SummarizationSample[] _samples;
    private readonly string[] _texts;

    /// <summary>Makes the task.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="samples">Samples with human summaries and a relevance for each machine summary, of which at least one has
    /// machine summaries of different relevance.</param>
    /// <exception cref="ArgumentException">A sample lacks them, or none has different relevances.</exception>
    public SummarizationTask(string name, IReadOnlyList<SummarizationSample> samples)
        : base(name)
    {
        CheckList(samples, "samples", 1, nameof(samples));
        for (int i = 0; i < samples.Count; i++)
            Check(samples[i], i, nameof(samples));
        _samples = [.. samples.Where(sample => sample.Relevance.Distinct().Count() > 1)];
        if (_samples.Length == 0)
            throw new ArgumentException("No text has machine summaries of different relevance; nothing can correlate with that.", nameof(samples));
        _texts = [.. _samples.SelectMany(sample => sample.HumanSummaries.Concat(sample.MachineSummaries))];
    }

    /// <inheritdoc/>
    public override string Type => "Summarization";

    /// <inheritdoc/>
    public override string MainMetric => "cosine_spearman";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Texts => _texts;

    /// <inheritdoc/>
    protected override IReadOnlyList<EvaluationScore> Score(EvaluationRun run)
    {
        float[] rows = run.Embed(_texts);
        List<double> spearman = [], pearson = [];
        int row = 0;
        foreach (SummarizationSample sample in _samples)
        {
            int humans = sample.HumanSummaries.Count, machines = sample.MachineSummaries.Count;
            ReadOnlySpan<float> people = rows.AsSpan(row * run.Dimension, humans * run.Dimension);
            double[] cosines = NearestCosines(people, rows.AsSpan((row + humans) * run.Dimension, machines * run.Dimension), run.Dimension);
            double[] relevance = [.. sample.Relevance];
            row += humans + machines;
            if (cosines.All(cosine => cosine == cosines[0]))
                continue;
            spearman.Add(Correlation.Spearman(cosines, relevance));
            pearson.Add(Correlation.Pearson(cosines, relevance));
        }
        return
        [
            new(MainMetric, spearman.DefaultIfEmpty(0).Average()),
            new("cosine_pearson", pearson.DefaultIfEmpty(0).Average()),
        ];
    }

    private static double[] NearestCosines(ReadOnlySpan<float> people, ReadOnlySpan<float> machines, int dimension)
    {
        double[] nearest = new double[machines.Length / dimension];
        for (int m = 0; m < nearest.Length; m++)
        {
            nearest[m] = double.NegativeInfinity;
            for (int h = 0; h < people.Length / dimension; h++)
                nearest[m] = Math.Max(nearest[m], EmbeddingAgreement.Cosine(people.Slice(h * dimension, dimension), machines.Slice(m * dimension, dimension)));
        }
        return nearest;
    }

    private static void Check(SummarizationSample sample, int number, string parameter)
    {
        if (sample.HumanSummaries.Count == 0)
            throw new ArgumentException($"Sample {number} has no human summary to compare with.", parameter);
        if (sample.MachineSummaries.Count != sample.Relevance.Count)
            throw new ArgumentException($"Sample {number} has {sample.MachineSummaries.Count} machine summaries and {sample.Relevance.Count} relevances; one for each is needed.", parameter);
        if (!sample.Relevance.All(double.IsFinite))
            throw new ArgumentException($"Sample {number} has a relevance that is not a finite number.", parameter);
    }
}

// Clustering of clumps that lie far apart, and of models that leave nothing to cluster.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class ClusteringTaskTests
{
    private static readonly LabeledText[] Clumps = [.. Enumerable.Range(0, 60).Select(i =>
        new LabeledText($"{i % 2}", $"{(i % 2 == 0 ? 5 : -5) + i * 0.01:0.00} {i * 0.01:0.00}"))];

    [Fact]
    public void ClumpsAreFoundWholly()
    {
        EvaluationScore score = new ClusteringTask("k", Clumps).Evaluate(TableEmbedder.Literal(2)).Single();
        Assert.Equal("v_measure", score.Metric);
        Assert.Equal(1, score.Value, 9);
    }

    [Fact]
    public void AModelThatTellsNothingApartSaysNothing() =>
        Assert.Equal(0, new ClusteringTask("k", Clumps).Evaluate(TableEmbedder.Constant()).Single().Value);

    [Fact]
    public void FewerDifferentEmbeddingsThanClassesMakeFewerClusters()
    {
        // Three classes of two texts, and a model that sees two kinds: {a, b} and c. H(class | cluster) = 2/3 ln 2 of ln 3.
        LabeledText[] texts = [new("a", "1 0"), new("a", "1 0"), new("b", "1 0"), new("b", "1 0"), new("c", "0 1"), new("c", "0 1")];
        double homogeneity = 1 - 2 / 3.0 * Math.Log(2) / Math.Log(3);
        Assert.Equal(2 * homogeneity / (homogeneity + 1), new ClusteringTask("k", texts).Evaluate(TableEmbedder.Literal(2)).Single().Value, 9);
    }

    [Fact]
    public void AsManyClassesAsTextsIsPossible()
    {
        LabeledText[] texts = [new("a", "1 0"), new("b", "0 1"), new("c", "-1 0")];
        Assert.Equal(1, new ClusteringTask("k", texts).Evaluate(TableEmbedder.Literal(2)).Single().Value, 9);
    }

    [Fact]
    public void TheSameSeedGivesTheSameFigure()
    {
        Random random = new(3);
        LabeledText[] texts = [.. Enumerable.Range(0, 200).Select(i => new LabeledText($"{i % 7}", $"{random.NextSingle() + i % 7 * 0.3f} {random.NextSingle()}"))];
        ClusteringTask task = new("k", texts, new ClusteringOptions { Repetitions = 2 });
        double value = task.Evaluate(TableEmbedder.Literal(2)).Single().Value;
        Assert.Equal(value, task.Evaluate(TableEmbedder.Literal(2)).Single().Value);
        Assert.InRange(value, 0.05, 0.95);
        Assert.NotEqual(value, new ClusteringTask("k", texts, new ClusteringOptions { Repetitions = 2, Seed = 7 }).Evaluate(TableEmbedder.Literal(2)).Single().Value);
    }

    [Fact]
    public void BrokenTasksAreRefused()
    {
        Assert.Contains("label 'a'", Assert.Throws<ArgumentException>(() => new ClusteringTask("k", [new("a", "1"), new("a", "2")])).Message);
        Assert.Throws<ArgumentException>(() => new ClusteringTask("k", []));
        Assert.Throws<ArgumentException>(() => new ClusteringTask("k", Clumps, new ClusteringOptions { Repetitions = 0 }));
    }
}

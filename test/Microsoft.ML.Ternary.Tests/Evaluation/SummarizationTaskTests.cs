// Summaries whose cosines to the people's can be read off their vectors.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class SummarizationTaskTests
{
    [Fact]
    public void EachTextIsCorrelatedByItselfAndTheNearestHumanSummaryCounts()
    {
        // Text 1: nearest cosines .8, 1, .6 against 2, 3, 1: ρ = 1. Text 2: cosines 1, .8, 0 against 1, 3, 2: d = 2 -1 -1, ρ = -.5.
        SummarizationTask task = new("s",
        [
            new("text", ["1 0", "0 -1"], ["4 3", "0 -5", "3 4"], [2, 3, 1]),
            new("text", ["0 1"], ["0 2", "3 4", "1 0"], [1, 3, 2]),
        ]);
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Literal(2));
        Assert.Equal("cosine_spearman", scores[0].Metric);
        Assert.Equal(0.25, scores.Of("cosine_spearman"), 6);

        // Text 1: r = 1. Text 2: deviations .4 .2 -.6 and -1 1 0: -.2 / √(.56 x 2).
        Assert.Equal((1 - 0.2 / Math.Sqrt(0.56 * 2)) / 2, scores.Of("cosine_pearson"), 6);
    }

    [Fact]
    public void TextsThatNothingCanBeSaidOfAreLeftOut()
    {
        SummarizationSample good = new("t", ["1 0"], ["1 0", "0 1"], [2, 1]);
        SummarizationTask task = new("s", [good, new("t", ["9 9"], ["1 0", "0 1"], [1, 1]), new("t", ["1 0"], ["2 0", "3 0"], [1, 2])]);
        Assert.Equal(1, task.Evaluate(TableEmbedder.Literal(2)).Of("cosine_spearman"), 12);
        Assert.DoesNotContain("9 9", task.Texts);
        Assert.All(task.Evaluate(TableEmbedder.Constant()), score => Assert.Equal(0, score.Value));
    }

    [Fact]
    public void BrokenSamplesAreNamed()
    {
        SummarizationSample good = new("t", ["h"], ["a", "b"], [2, 1]);
        Assert.Contains("Sample 1 has 2 machine summaries and 1", Message(good, good with { Relevance = [1] }));
        Assert.Contains("Sample 1 has no human", Message(good, good with { HumanSummaries = [] }));
        Assert.Contains("not a finite number", Message(good with { Relevance = [1, double.NaN] }));
        Assert.Contains("different relevance", Message(good with { Relevance = [1, 1] }));
        Assert.Contains("at least 1", Message());

        static string Message(params SummarizationSample[] samples) => Assert.Throws<ArgumentException>(() => new SummarizationTask("s", samples)).Message;
    }
}

// Reranking with candidates whose order can be read off their vectors.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class RerankingTaskTests
{
    [Fact]
    public void MapAndMrrAreMeansOverTheSamples()
    {
        // The order is 1 0, 4 3, 3 4, 0 1: relevant at 2 and 4 in the first sample, at 1 in the second.
        RerankingTask task = new("r",
        [
            new(["1 0"], ["4 3", "0 1"], ["2 0", "3 4"]),
            new(["0 1"], ["0 2"], ["3 4"]),
        ]);
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Literal(2));
        Assert.Equal("map", scores[0].Metric);
        Assert.Equal((0.5 * (1 / 2.0 + 2 / 4.0) + 1) / 2, scores.Of("map"), 12);
        Assert.Equal(0.75, scores.Of("mrr"), 12);
    }

    [Fact]
    public void ACandidateCountsByTheQueryThatItIsNearestTo()
    {
        RerankingTask task = new("r", [new(["1 0", "0 1"], ["0 2"], ["3 4", "4 3"])]);
        Assert.Equal(1, task.Evaluate(TableEmbedder.Literal(2)).Of("map"));
    }

    [Fact]
    public void EqualScoresFlatterNoModel()
    {
        // All four tie: precision of the whole group is 1/4; the relevant one comes last.
        RerankingTask task = new("r", [new(["q"], ["p"], ["n", "n", "n"])]);
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Constant());
        Assert.Equal(0.25, scores.Of("map"), 12);
        Assert.Equal(0.25, scores.Of("mrr"), 12);
    }

    [Fact]
    public void BeyondTheTenthRankThereIsNoReciprocalRank()
    {
        RerankingTask task = new("r", [new(["1 0"], ["0 1"], [.. Enumerable.Repeat("1 0", 10)])]);
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Literal(2));
        Assert.Equal(0, scores.Of("mrr"));
        Assert.Equal(1 / 11.0, scores.Of("map"), 12);
    }

    [Fact]
    public void SamplesWithNothingToOrderAreLeftOut()
    {
        RerankingTask task = new("r", [new(["1 0"], ["1 0"], ["0 1"]), new(["9 9"], [], ["0 1"]), new(["9 9"], ["1 0"], [])]);
        Assert.Equal(1, task.Evaluate(TableEmbedder.Literal(2)).Of("map"));
        Assert.DoesNotContain("9 9", task.Texts);
    }

    [Fact]
    public void ASearchOrdersTheSameCandidates()
    {
        // Of the first query's candidates only the last matches; what is not found comes after, all of it equal.
        RerankingTask task = new("r", [new(["apple"], ["pear", "apple tart"], ["plum", "sky"]), new(["sky"], ["blue sky"], ["apple", "rain"])]);
        IReadOnlyList<EvaluationScore> scores = task.EvaluateSearch(documents => new Bm25Index(documents));
        Assert.Equal((0.5 * (1 + 2 / 4.0) + 1) / 2, scores.Of("map"), 12);
        Assert.Equal(1, scores.Of("mrr"), 12);
    }

    [Fact]
    public void BrokenTasksAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new RerankingTask("r", []));
        Assert.Throws<ArgumentException>(() => new RerankingTask("r", [new(["q"], ["p"], [])]));
        Assert.Contains("Sample 0 has no query", Assert.Throws<ArgumentException>(() => new RerankingTask("r", [new([], ["p"], ["n"])])).Message);
    }
}

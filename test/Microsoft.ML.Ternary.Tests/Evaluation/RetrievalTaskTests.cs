// Retrieval over a corpus of four, so that each metric is a short sum.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class RetrievalTaskTests
{
    private static readonly RetrievalDocument[] Corpus =
    [
        new("a", null, "1 0"), new("b", "", "4 3"), new("c", null, "3 4"), new("d", null, "0 1"),
    ];

    [Fact]
    public void MetricsAreMeansOverTheQueries()
    {
        // q1 ranks a b c d, of which b (grade 1) and d (grade 2) are relevant; q2 ranks d c b a, of which d is.
        RetrievalTask task = new("r", Corpus, [new("q1", "1 0"), new("q2", "0 1")],
            Qrels(("q1", "b", 1), ("q1", "d", 2), ("q1", "a", 0), ("q2", "d", 1)));
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Literal(2));
        double ndcg = (1 / Math.Log2(3) + 2 / Math.Log2(5)) / (2 + 1 / Math.Log2(3));
        Assert.Equal("ndcg_at_10", scores[0].Metric);
        Assert.Equal((ndcg + 1) / 2, scores.Of("ndcg_at_10"), 12);
        Assert.Equal((0.5 * (1 / 2.0 + 2 / 4.0) + 1) / 2, scores.Of("map_at_10"), 12);
        Assert.Equal((0.5 + 1) / 2, scores.Of("mrr_at_10"), 12);
        Assert.Equal((0 + 1) / 2.0, scores.Of("recall_at_1"), 12);
        Assert.Equal(1, scores.Of("recall_at_10"), 12);
        Assert.Equal(1, scores.Of("recall_at_100"), 12);
    }

    [Fact]
    public void QueriesWithoutRelevantDocumentsAreLeftOutAndNotEmbedded()
    {
        TableEmbedder embedder = TableEmbedder.Literal(2);
        RetrievalTask task = new("r", Corpus, [new("q1", "1 0"), new("q2", "0 1"), new("q3", "5 5")], Qrels(("q1", "a", 1), ("q2", "a", 0)));
        Assert.Equal(1, task.Evaluate(embedder).Of("ndcg_at_10"), 12);
        Assert.DoesNotContain("5 5", embedder.Asked);
        Assert.DoesNotContain("5 5", task.Texts);
    }

    [Fact]
    public void AJudgedDocumentOutsideTheCorpusCountsAsNotFound()
    {
        RetrievalTask task = new("r", Corpus, [new("q", "1 0")], Qrels(("q", "a", 1), ("q", "x", 1), ("q", "y", 1)));
        Assert.Equal(1 / 3.0, task.Evaluate(TableEmbedder.Literal(2)).Of("recall_at_10"), 12);
    }

    [Fact]
    public void TheQueryItselfIsNotFoundUnlessItIsRelevant()
    {
        RetrievalQuery itself = new("a", "1 0"), sameText = new("q", "1 0"), sameId = new("b", "1 0");
        Assert.Equal(1, Recall(itself, "b"));
        Assert.Equal(1, Recall(itself, "a"));
        Assert.Equal(0, Recall(sameText, "b"));
        Assert.Equal(0, Recall(sameId, "c"));

        static double Recall(RetrievalQuery query, string relevant) =>
            new RetrievalTask("r", Corpus, [query], Qrels((query.Id, relevant, 1))).Evaluate(TableEmbedder.Literal(2)).Of("recall_at_1");
    }

    [Fact]
    public void OfEqualCosinesTheEarlierDocumentComesFirst()
    {
        RetrievalTask task = new("r", Corpus, [new("q", "1 0")], Qrels(("q", "b", 1)));
        Assert.Equal(0.5, task.Evaluate(TableEmbedder.Constant()).Of("mrr_at_10"));
    }

    [Fact]
    public void TitleAndTextAreJoined()
    {
        Assert.Equal("Title text", new RetrievalDocument("a", "Title", "text").Content);
        Assert.Equal("text", new RetrievalDocument("a", null, "text").Content);
        Assert.Equal("Title", new RetrievalDocument("a", "Title", "").Content);
    }

    [Fact]
    public void OnlyTheFirstTenCountAtTen()
    {
        // Twelve documents in order of falling cosine; the eleventh is relevant.
        RetrievalDocument[] corpus = [.. Enumerable.Range(0, 12).Select(i => new RetrievalDocument($"d{i}", null, $"12 {i}"))];
        IReadOnlyList<EvaluationScore> scores = new RetrievalTask("r", corpus, [new("q", "1 0")], Qrels(("q", "d10", 1))).Evaluate(TableEmbedder.Literal(2));
        Assert.All(scores.Where(score => score.Metric != "recall_at_100"), score => Assert.Equal(0, score.Value));
        Assert.Equal(1, scores.Of("recall_at_100"));
    }

    [Fact]
    public void ASearchIsScoredByTheSameMetrics()
    {
        RetrievalDocument[] corpus = [new("a", null, "red apple"), new("b", null, "green apple tree"), new("c", null, "blue sky")];
        RetrievalTask task = new("r", corpus, [new("q1", "apple"), new("q2", "whale")], Qrels(("q1", "b", 1), ("q2", "c", 1)));
        IReadOnlyList<EvaluationScore> scores = task.EvaluateSearch(documents => new Bm25Index(documents));
        Assert.Equal(0.25, scores.Of("mrr_at_10"));
        Assert.Equal(0.5, scores.Of("recall_at_10"));
        Assert.Equal(0.5 / Math.Log2(3), scores.Of("ndcg_at_10"), 12);
        Assert.Throws<ArgumentNullException>(() => task.EvaluateSearch(null!));
        Assert.ThrowsAny<OperationCanceledException>(() => task.EvaluateSearch(documents => new Bm25Index(documents), null, new CancellationToken(true)));
    }

    [Property(MaxTest = 30)]
    public bool TheOrderOfDocumentsAndQueriesDoesNotMatter(int seed)
    {
        // No two cosines are equal, so that no tie is decided by the order.
        Random random = new(seed);
        string Text() => $"{random.NextSingle() - 0.5f:R} {random.NextSingle() - 0.5f:R} {random.NextSingle() - 0.5f:R}";
        RetrievalDocument[] corpus = [.. Enumerable.Range(0, 20).Select(i => new RetrievalDocument($"d{i}", null, Text()))];
        RetrievalQuery[] queries = [.. Enumerable.Range(0, 5).Select(i => new RetrievalQuery($"q{i}", Text()))];
        var qrels = Qrels([.. queries.SelectMany(query => Enumerable.Range(0, 3).Select(i => (query.Id, $"d{i * 6 + random.Next(6)}", i)))]);
        IReadOnlyList<EvaluationScore> before = new RetrievalTask("r", corpus, queries, qrels).Evaluate(TableEmbedder.Literal(3));
        random.Shuffle(corpus);
        random.Shuffle(queries);
        IReadOnlyList<EvaluationScore> after = new RetrievalTask("r", corpus, queries, qrels).Evaluate(TableEmbedder.Literal(3));
        return before.Zip(after).All(pair => Math.Abs(pair.First.Value - pair.Second.Value) < 1e-12);
    }

    [Fact]
    public void BrokenTasksAreRefused()
    {
        RetrievalQuery[] queries = [new("q", "1 0")];
        Assert.Contains("'a' occurs twice", Assert.Throws<ArgumentException>(() => new RetrievalTask("r", [Corpus[0], Corpus[0]], queries, Qrels(("q", "a", 1)))).Message);
        Assert.Contains("'q' occurs twice", Assert.Throws<ArgumentException>(() => new RetrievalTask("r", Corpus, [queries[0], queries[0]], Qrels(("q", "a", 1)))).Message);
        Assert.Contains("'x' is not among", Assert.Throws<ArgumentException>(() => new RetrievalTask("r", Corpus, queries, Qrels(("x", "a", 1)))).Message);
        Assert.Contains("another corpus", Assert.Throws<ArgumentException>(() => new RetrievalTask("r", Corpus, queries, Qrels(("q", "x", 1)))).Message);
        Assert.Throws<ArgumentException>(() => new RetrievalTask("r", Corpus, queries, Qrels(("q", "a", 0))));
        Assert.Throws<ArgumentException>(() => new RetrievalTask("r", [], queries, Qrels(("q", "a", 1))));
        Assert.Throws<ArgumentException>(() => new RetrievalTask("r", Corpus, [], Qrels(("q", "a", 1))));
        Assert.Throws<ArgumentNullException>(() => new RetrievalTask("r", Corpus, queries, null!));
    }

    private static Dictionary<string, IReadOnlyDictionary<string, int>> Qrels(params (string Query, string Document, int Grade)[] judgements) =>
        judgements.GroupBy(judgement => judgement.Query).ToDictionary(group => group.Key,
            IReadOnlyDictionary<string, int> (group) => group.ToDictionary(judgement => judgement.Document, judgement => judgement.Grade));
}

// A quick look must still be the task: fewer questions, and each with its answer.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class ShortenTests
{
    [Fact]
    public void EveryKindOfTaskKeepsItsNameAndAtMostSoManyTexts()
    {
        LabeledText[] texts = [.. Range(100).Select(i => new LabeledText($"{i % 3}", $"text {i}"))];
        (EvaluationTask Task, int Texts)[] tasks =
        [
            (new StsTask("t", [.. Range(100).Select(i => new SentencePair(i % 5, $"a {i}", $"b {i}"))]), 4 * 2),
            (new PairClassificationTask("t", [.. Range(100).Select(i => new LabeledPair(i % 2 == 0, $"a {i}", $"b {i}"))]), 4 * 2),
            (new BitextMiningTask("t", [.. Range(100).Select(i => new BitextPair($"a {i}", $"b {i}"))]), 4 * 2),
            (new ClassificationTask("t", texts, texts), 40 + 4),
            (new ClusteringTask("t", texts), 40),
            (new RerankingTask("t", [.. Range(100).Select(i => new RerankingSample([$"q {i}"], [$"p {i}"], [$"n {i}"]))]), 4 * 3),
            (new SummarizationTask("t", [.. Range(100).Select(i => new SummarizationSample($"t {i}", [$"h {i}"], [$"m {i}", $"o {i}"], [1, 2]))]), 4 * 3),
        ];
        foreach ((EvaluationTask task, int count) in tasks)
        {
            EvaluationTask shorter = task.Shorten(4);
            Assert.IsType(task.GetType(), shorter);
            Assert.Equal("t", shorter.Name);
            Assert.Equal(count, shorter.Texts.Count);
            Assert.Equal(task.Texts.Order(), task.Shorten(1000).Texts.Order());
        }
    }

    [Fact]
    public void AShorterRetrievalTaskHasTheRightAnswersOfItsQueriesAndTenTimesAsManyDocuments()
    {
        RetrievalDocument[] corpus = [.. Range(1000).Select(i => new RetrievalDocument($"d{i}", null, $"document {i}"))];
        RetrievalQuery[] queries = [.. Range(100).Select(i => new RetrievalQuery($"q{i}", $"query {i}"))];
        RetrievalTask shorter = new RetrievalTask("t", corpus, queries, queries.ToDictionary(query => query.Id,
            query => (IReadOnlyDictionary<string, int>)new Dictionary<string, int> { ["d" + (999 - int.Parse(query.Id[1..]))] = 1 })).Shorten(3);
        Assert.Equal(["query 0", "query 33", "query 66"], shorter.Texts.Take(3));
        string[] documents = [.. shorter.Texts.Skip(3)];
        Assert.All(["document 999", "document 966", "document 933"], answer => Assert.Contains(answer, documents));
        Assert.InRange(documents.Length, 30, 33);
    }

    [Fact]
    public void PairsThatAlternateAreNotAllOfOneKind() =>
        Assert.Equal(4, new PairClassificationTask("t", [.. Range(100).Select(i => new LabeledPair(i % 2 == 0, $"a {i}", $"b {i}"))]).Shorten(2).Texts.Count);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void FewerThanOneIsRefused(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BitextMiningTask("t", [new("a", "b"), new("c", "d")]).Shorten(count));

    private static IEnumerable<int> Range(int count) => Enumerable.Range(0, count);
}

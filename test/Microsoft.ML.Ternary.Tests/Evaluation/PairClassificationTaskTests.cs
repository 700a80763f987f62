// Pairs whose four similarities order them differently.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class PairClassificationTaskTests
{
    [Fact]
    public void EachSimilarityHasItsAveragePrecisionAndTheLargestStandsForTheTask()
    {
        // Cosines 1, .8, 0; inner products 2, 40, 0; Euclidean distances 1, 5, √2; Manhattan distances 1, 7, 2. Second is positive.
        PairClassificationTask task = new("p", [new(false, "1 0", "2 0"), new(true, "5 5", "1 8"), new(false, "1 0", "0 1")]);
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Literal(2));
        Assert.Equal(0.5, scores.Of("cosine_ap"), 12);
        Assert.Equal(1, scores.Of("dot_ap"), 12);
        Assert.Equal(1 / 3.0, scores.Of("euclidean_ap"), 12);
        Assert.Equal(1 / 3.0, scores.Of("manhattan_ap"), 12);
        Assert.Equal(("max_ap", 1.0), (scores[0].Metric, scores[0].Value));
        Assert.Equal(2 / 3.0, scores.Of("cosine_accuracy"), 12);
        Assert.Equal(2 / 3.0, scores.Of("cosine_f1"), 12);
    }

    [Fact]
    public void AModelThatTellsNothingApartHasTheShareOfPositives()
    {
        PairClassificationTask task = new("p", [new(true, "a", "b"), new(false, "c", "d"), new(false, "e", "f"), new(false, "", "")]);
        Assert.Equal(0.25, task.Evaluate(TableEmbedder.Constant()).Of("max_ap"), 12);
    }

    [Fact]
    public void PairsOfOneKindAreRefused()
    {
        Assert.Contains("All pairs are positive", Assert.Throws<ArgumentException>(() => new PairClassificationTask("p", [new(true, "a", "b"), new(true, "c", "d")])).Message);
        Assert.Throws<ArgumentException>(() => new PairClassificationTask("p", []));
    }
}

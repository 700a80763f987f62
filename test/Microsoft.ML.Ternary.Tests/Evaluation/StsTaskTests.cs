// STS with cosines that can be read off the vectors.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class StsTaskTests
{
    [Fact]
    public void CosinesAreCorrelatedWithTheScores()
    {
        // Cosines 1, .8, .6, 0; scores 5, 3, 4, 0: ranks 4 3 2 1 and 4 2 3 1, so 1 - 6 x 2 / (4 x 15) = .8.
        SentencePair[] pairs = [new(5, "1 0", "2 0"), new(3, "1 0", "4 3"), new(4, "1 0", "3 4"), new(0, "1 0", "0 1")];
        IReadOnlyList<EvaluationScore> scores = new StsTask("sts", pairs).Evaluate(TableEmbedder.Literal(2));
        Assert.Equal("cosine_spearman", scores[0].Metric);
        Assert.Equal(0.8, scores.Of("cosine_spearman"), 6);

        // Deviations .4 .2 0 -.6 and 2 0 1 -3: products .8 + 0 + 0 + 1.8; squares .56 and 14.
        Assert.Equal(2.6 / Math.Sqrt(0.56 * 14), scores.Of("cosine_pearson"), 6);
    }

    [Fact]
    public void AModelThatTellsNothingApartHasNoCorrelation()
    {
        StsTask task = new("sts", [new(1, "a", "b"), new(2, "c", "d")]);
        Assert.All(task.Evaluate(TableEmbedder.Constant()), score => Assert.Equal(0, score.Value));
        Assert.All(task.Evaluate(new TableEmbedder(2, _ => [0, 0])), score => Assert.Equal(0, score.Value));
    }

    [Fact]
    public void ScoresThatNothingCanCorrelateWithAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new StsTask("sts", [new(1, "a", "b")]));
        Assert.Contains("score 3", Assert.Throws<ArgumentException>(() => new StsTask("sts", [new(3, "a", "b"), new(3, "c", "d")])).Message);
        Assert.Contains("pair 1", Assert.Throws<ArgumentException>(() => new StsTask("sts", [new(3, "a", "b"), new(double.NaN, "c", "d")])).Message);
        Assert.Throws<ArgumentNullException>(() => new StsTask("sts", null!));
    }
}

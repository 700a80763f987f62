// Bitext mining with sentences whose nearest translations can be read off their vectors.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class BitextMiningTaskTests
{
    [Fact]
    public void TargetsThatAreFoundTooOftenCostPrecision()
    {
        // Sources find targets 0, 0 and 2. Target 0: precision 1/2, recall 1, F1 2/3; target 1: 0; target 2: 1.
        BitextMiningTask task = new("b", [new("1 0", "2 0"), new("4 1", "-1 -1"), new("0 1", "0 3")]);
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Literal(2));
        Assert.Equal("f1", scores[0].Metric);
        Assert.Equal((2 / 3.0 + 1) / 3, scores.Of("f1"), 12);
        Assert.Equal((0.5 + 1) / 3, scores.Of("precision"), 12);
        Assert.Equal(2 / 3.0, scores.Of("recall"), 12);
        Assert.Equal(2 / 3.0, scores.Of("accuracy"), 12);
    }

    [Fact]
    public void AModelThatTellsNothingApartFindsTheFirst() =>
        Assert.Equal(2 / 4.0 / 3, new BitextMiningTask("b", [new("a", "x"), new("b", "y"), new("c", "z")]).Evaluate(TableEmbedder.Constant()).Of("f1"), 12);

    [Fact]
    public void ASinglePairIsRefused() => Assert.Throws<ArgumentException>(() => new BitextMiningTask("b", [new("a", "x")]));
}

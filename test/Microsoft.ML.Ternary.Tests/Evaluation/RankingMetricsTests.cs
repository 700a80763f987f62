// Ranking measures against values worked out by hand.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class RankingMetricsTests
{
    private static readonly int[] Ranking = [7, 3, 9, 1, 5];
    private static readonly HashSet<int> Relevant = [3, 1, 42];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1 / 3.0)]
    [InlineData(4, 2 / 3.0)]
    [InlineData(10, 2 / 3.0)]
    public void RecallIsTheShareOfRelevantDocumentsFound(int k, double expected) =>
        Assert.Equal(expected, RankingMetrics.RecallAt(k, Ranking, Relevant), 12);

    [Fact]
    public void ReciprocalRankIsThatOfTheFirstRelevantDocument()
    {
        Assert.Equal(0.5, RankingMetrics.ReciprocalRankAt(10, Ranking, Relevant));
        Assert.Equal(0, RankingMetrics.ReciprocalRankAt(1, Ranking, Relevant));
        Assert.Equal(0, RankingMetrics.ReciprocalRankAt(10, [], Relevant));
    }

    [Fact]
    public void AveragePrecisionDividesByAllRelevantDocuments()
    {
        // Relevant at ranks 2 and 4, and a third that is not in the ranking.
        Assert.Equal((1 / 2.0 + 2 / 4.0) / 3, RankingMetrics.AveragePrecisionAt(10, Ranking, Relevant), 12);
        Assert.Equal(1 / 2.0 / 3, RankingMetrics.AveragePrecisionAt(3, Ranking, Relevant), 12);
        Assert.Equal(0, RankingMetrics.AveragePrecisionAt(10, [], Relevant));
    }

    [Fact]
    public void NdcgDividesTheDiscountedGainByTheBestPossible()
    {
        Dictionary<int, double> grades = new() { [3] = 2, [1] = 1, [42] = 3 };
        double gain = 2 / Math.Log2(3) + 1 / Math.Log2(5);
        double best = 3 / Math.Log2(2) + 2 / Math.Log2(3) + 1 / Math.Log2(4);
        Assert.Equal(gain / best, RankingMetrics.NdcgAt(10, Ranking, grades), 12);
    }

    [Fact]
    public void NdcgAtKComparesWithTheBestKDocuments()
    {
        Dictionary<int, double> grades = new() { [7] = 1, [3] = 1, [9] = 1 };
        Assert.Equal(1, RankingMetrics.NdcgAt(2, Ranking, grades), 12);
        Assert.Equal(1 / Math.Log2(3) / (1 + 1 / Math.Log2(3)), RankingMetrics.NdcgAt(2, [8, 9], grades), 12);
    }

    [Fact]
    public void AQueryWithoutRelevantDocumentsIsRefused()
    {
        Assert.Throws<ArgumentException>(() => RankingMetrics.RecallAt(10, Ranking, new HashSet<int>()));
        Assert.Throws<ArgumentException>(() => RankingMetrics.AveragePrecisionAt(10, Ranking, new HashSet<int>()));
        Assert.Throws<ArgumentException>(() => RankingMetrics.NdcgAt(10, Ranking, new Dictionary<int, double> { [1] = 0 }));
    }
}

// V-measure against a value worked out by hand, and the laws that it keeps.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class ClusteringMetricsTests
{
    [Fact]
    public void VMeasureIsTheHarmonicMeanOfHomogeneityAndCompleteness()
    {
        // Classes a a b b, clusters 0 0 0 1: H(class) = ln 2, H(class | cluster) = 3/4 H(1/3, 2/3),
        // H(cluster) = H(1/4, 3/4), H(cluster | class) = 1/2 ln 2.
        double thirds = -(1 / 3.0 * Math.Log(1 / 3.0) + 2 / 3.0 * Math.Log(2 / 3.0)), quarters = -(0.25 * Math.Log(0.25) + 0.75 * Math.Log(0.75));
        double homogeneity = 1 - 0.75 * thirds / Math.Log(2), completeness = 1 - 0.5 * Math.Log(2) / quarters;
        Assert.Equal(2 * homogeneity * completeness / (homogeneity + completeness), ClusteringMetrics.VMeasure([0, 0, 1, 1], [0, 0, 0, 1]), 12);
    }

    [Fact]
    public void OneClusterSaysNothingAndSingleItemsSayHalf()
    {
        Assert.Equal(0, ClusteringMetrics.VMeasure([0, 0, 1, 1], [5, 5, 5, 5]));

        // Homogeneity 1, completeness ln 2 / ln 4.
        Assert.Equal(2 * 0.5 / 1.5, ClusteringMetrics.VMeasure([0, 0, 1, 1], [0, 1, 2, 3]), 12);
        Assert.Equal(1, ClusteringMetrics.VMeasure([3, 3], [1, 1]));
    }

    [Fact]
    public void UnequalLengthsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => ClusteringMetrics.VMeasure([0], [0, 1]));
        Assert.Throws<ArgumentException>(() => ClusteringMetrics.VMeasure([], []));
    }

    [Property]
    public bool PerfectClustersGiveOneWhateverTheyAreCalled(byte[] classes)
    {
        int[] all = [.. classes.Select(value => value % 5), 0, 1];
        return Math.Abs(ClusteringMetrics.VMeasure(all, [.. all.Select(value => 100 - value * 3)]) - 1) < 1e-9;
    }

    [Property]
    public bool ItIsSymmetricAndBlindToTheOrderOfItems((byte Class, byte Cluster)[] items, int seed)
    {
        (int Class, int Cluster)[] all = [.. items.Select(item => (item.Class % 4, item.Cluster % 4)), (0, 1)];
        double before = ClusteringMetrics.VMeasure([.. all.Select(item => item.Class)], [.. all.Select(item => item.Cluster)]);
        new Random(seed).Shuffle(all);
        double after = ClusteringMetrics.VMeasure([.. all.Select(item => item.Cluster)], [.. all.Select(item => item.Class)]);
        return before is >= 0 and <= 1 && Math.Abs(before - after) < 1e-9;
    }
}

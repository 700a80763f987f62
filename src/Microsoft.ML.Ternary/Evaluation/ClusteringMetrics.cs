// How well clusters match classes, whatever the clusters are called.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Measures of a clustering against classes.</summary>
public static class ClusteringMetrics
{
    /// <summary>V-measure: the harmonic mean of homogeneity, 1 - H(class | cluster) / H(class), and completeness,
    /// 1 - H(cluster | class) / H(cluster); each is 1 where its divisor is 0 (Rosenberg and Hirschberg 2007).</summary>
    /// <param name="classes">The class of each item.</param>
    /// <param name="clusters">The cluster of each item.</param>
    /// <exception cref="ArgumentException">The sides differ in length or are empty.</exception>
    public static double VMeasure(ReadOnlySpan<int> classes, ReadOnlySpan<int> clusters)
    {
        if (classes.Length != clusters.Length || classes.Length == 0)
            throw new ArgumentException($"Expected a cluster for each of at least one item, got {classes.Length} classes and {clusters.Length} clusters.");
        (int Class, int Cluster)[] pairs = new (int, int)[classes.Length];
        for (int i = 0; i < pairs.Length; i++)
            pairs[i] = (classes[i], clusters[i]);
        double both = Entropy(pairs), byClass = Entropy(pairs.Select(pair => pair.Class)), byCluster = Entropy(pairs.Select(pair => pair.Cluster));
        // H(a | b) = H(a, b) - H(b), so one mutual information serves both.
        double mutual = byClass + byCluster - both;
        double homogeneity = byClass == 0 ? 1 : mutual / byClass;
        double completeness = byCluster == 0 ? 1 : mutual / byCluster;
        double sum = homogeneity + completeness;
        return sum <= 0 ? 0 : Math.Clamp(2 * homogeneity * completeness / sum, 0, 1);
    }

    private static double Entropy<T>(IEnumerable<T> values) where T : notnull
    {
        int[] counts = [.. values.CountBy(value => value).Select(pair => pair.Value)];
        double n = counts.Sum();
        return counts.Length == 1 ? 0 : -counts.Sum(count => count / n * Math.Log(count / n));
    }
}

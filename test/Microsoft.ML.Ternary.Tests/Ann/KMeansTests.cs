// k-means on points whose clusters can be seen, and what must hold for any points.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class KMeansTests
{
    private static readonly float[] TwoSquares = [0, 0, 0, 2, 2, 0, 2, 2, 30, 37, 30, 39, 32, 37, 32, 39];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TwoSquaresHaveTheirMiddlesAsCentroids(int seed)
    {
        Float32VectorStore centroids = Train(TwoSquares, 2, 2, AnnMetric.L2, seed);

        Assert.Equal([[1f, 1f], [31f, 38f]], Rows(centroids).OrderBy(row => row[0]));
    }

    [Fact]
    public void OneCentroidIsTheMean() => Assert.Equal([[16f, 19.5f]], Rows(Train(TwoSquares, 2, 1, AnnMetric.L2, 5)));

    [Fact]
    public void AsManyCentroidsAsVectorsAreTheVectors() =>
        Assert.Equal(TwoSquares.Chunk(2).OrderBy(row => row[0]).ThenBy(row => row[1]), Rows(Train(TwoSquares, 2, 8, AnnMetric.L2, 1)).OrderBy(row => row[0]).ThenBy(row => row[1]));

    [Theory]
    [InlineData(AnnMetric.Cosine)]
    [InlineData(AnnMetric.InnerProduct)]
    public void DirectionsAreClusteredWhateverTheLengths(AnnMetric metric)
    {
        // Two directions a little to both sides of each axis.
        float[] vectors = [10, 1, 1, -0.1f, 100, -10, 5, 0.5f, 1, 10, -0.1f, 1, -10, 100, 0.5f, 5];
        float[][] centroids = [.. Rows(Train(vectors, 2, 2, metric, 1)).OrderBy(row => row[0])];

        Assert.Equal([0f, 1f, 1f, 0f], centroids.SelectMany(row => row).Select(x => MathF.Round(x, 5)));
    }

    [Fact]
    public void CentroidsThatLoseTheirVectorsTakeThemFromTheLargestCluster()
    {
        // Most draws of three begin with three copies of 0, of which only the first wins any vector.
        float[] vectors = [.. Enumerable.Repeat(0f, 60), .. Enumerable.Repeat(5f, 2), .. Enumerable.Repeat(9f, 2)];
        for (int seed = 0; seed < 20; seed++)
            Assert.InRange(Rows(Train(vectors, 1, 3, AnnMetric.L2, seed, iterations: 100)).Select(row => row[0]).Distinct().Count(), 2, 3);
    }

    [Property(MaxTest = 40)]
    public unsafe void EveryVectorIsAssignedToItsNearestCentroid(byte count, byte extra, byte lists, AnnMetric metric, int seed)
    {
        int dimension = 1 + extra % 40, n = 1 + count, clusters = 1 + lists % n;
        float[] vectors = TestVectors.Clustered(n, dimension, 5, seed);
        VectorStore store = VectorStoreFactory.Create(vectors, dimension, metric);
        Float32VectorStore centroids = Train(vectors, dimension, clusters, metric, seed);
        int[] assigned = new int[n];
        IvfTraining.Assigner(centroids).Assign(store, IvfTraining.AllSlots(store), assigned, 1, Passes(n));

        float[] vector = new float[dimension];
        float[][] rows = [.. Rows(centroids)];
        for (int i = 0; i < n; i++)
        {
            store.CopyVector(i, vector);
            double Far(float[] centroid) => metric == AnnMetric.L2
                ? vector.Zip(centroid, (a, b) => ((double)a - b) * (a - b)).Sum()
                : -vector.Zip(centroid, (a, b) => (double)a * b).Sum();
            Assert.Equal(rows.Min(Far), Far(rows[assigned[i]]), 1e-3);
        }
    }

    [Fact]
    public void ThereMayBeMoreCentroidsThanAreComparedAtOnce()
    {
        // Points on a line and a centroid on each: the nearest is known, also beyond the first 256.
        float[] points = [.. Enumerable.Range(0, 700).Select(i => (float)i)];
        VectorStore store = VectorStoreFactory.Create(points, 1, AnnMetric.L2);
        Float32VectorStore centroids = new(1, AnnMetric.L2);
        foreach (float point in points)
            centroids.Append([point]);
        int[] assigned = new int[700];

        IvfTraining.Assigner(centroids).Assign(store, IvfTraining.AllSlots(store), assigned, 2, Passes(700));

        Assert.Equal(Enumerable.Range(0, 700), assigned);
    }

    [Fact]
    public void TheNumberOfThreadsChangesNothing()
    {
        float[] vectors = TestVectors.Clustered(1000, 19, 12, seed: 3);

        Assert.Equal(Rows(Train(vectors, 19, 40, AnnMetric.L2, 2)), Rows(Train(vectors, 19, 40, AnnMetric.L2, 2, threads: 4)));
    }

    private static BuildPasses Passes(int vectors) => new(null, vectors, vectors, TestContext.Current.CancellationToken);

    private static Float32VectorStore Train(float[] vectors, int dimension, int clusters, AnnMetric metric, int seed, int threads = 1, int iterations = 20)
    {
        VectorStore store = VectorStoreFactory.Create(vectors, dimension, metric);
        return KMeans.Train(store, IvfTraining.AllSlots(store), clusters, iterations, seed, threads, Passes(store.Count));
    }

    private static IEnumerable<float[]> Rows(Float32VectorStore store)
    {
        for (int i = 0; i < store.Count; i++)
        {
            float[] row = new float[store.Dimension];
            store.CopyVector(i, row);
            yield return row;
        }
    }
}

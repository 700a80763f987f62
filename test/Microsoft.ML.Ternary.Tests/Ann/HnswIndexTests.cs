// HNSW against exact search, and the promises it makes beyond recall: determinism, copies, k neighbours in any case.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class HnswIndexTests
{
    private const int Dimension = 32;

    private static readonly float[] Vectors = TestVectors.Clustered(4000, Dimension, 30, seed: 1);
    private static readonly float[] Queries = TestVectors.Clustered(4200, Dimension, 30, seed: 1)[(4000 * Dimension)..];

    [Theory]
    [InlineData(AnnMetric.Cosine)]
    [InlineData(AnnMetric.L2)]
    [InlineData(AnnMetric.InnerProduct)]
    public void ItFindsNearlyAllOfTheTrueNeighbours(AnnMetric metric)
    {
        HnswIndex index = TestVectors.Hnsw(Vectors, Dimension, new HnswOptions { Metric = metric });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension, metric);

        Assert.InRange(TestVectors.Recall(index, exact, Queries, 10), 0.95, 1);
    }

    [Fact]
    public void MoreCandidatesFindMore()
    {
        HnswIndex index = TestVectors.Hnsw(Vectors, Dimension, new HnswOptions { M = 5, EfConstruction = 30 });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension);

        double few = TestVectors.Recall(index, exact, Queries, 10, new SearchOptions { EfSearch = 10 });
        double many = TestVectors.Recall(index, exact, Queries, 10, new SearchOptions { EfSearch = 400 });

        Assert.True(few < many, $"{few} < {many}");
        Assert.InRange(many, 0.99, 1);
    }

    [Fact]
    public void BuildingOnSeveralThreadsGivesAnEquallyGoodGraph()
    {
        HnswIndex index = TestVectors.Hnsw(Vectors, Dimension, new HnswOptions { Threads = 4 });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension);

        Assert.InRange(TestVectors.Recall(index, exact, Queries, 10), 0.95, 1);
    }

    [Fact]
    public void DataThatComesSortedIsFoundAsWell()
    {
        float[] sorted = Vectors.Chunk(Dimension).OrderBy(vector => vector[0]).SelectMany(vector => vector).ToArray();
        HnswIndex index = TestVectors.Hnsw(sorted, Dimension);
        FlatIndex exact = FlatIndex.Build(sorted, Dimension);

        Assert.InRange(TestVectors.Recall(index, exact, Queries, 10), 0.95, 1);
    }

    [Fact]
    public void TheSameSeedGivesTheSameBytesAndAnotherSeedOthers()
    {
        float[] vectors = Vectors[..(1500 * Dimension)];
        byte[] first = TestVectors.Hnsw(vectors, Dimension, new HnswOptions { Seed = 7 }).Bytes();
        byte[] again = HnswIndex.Build(vectors.Chunk(Dimension), new HnswOptions { Seed = 7 }, null, TestContext.Current.CancellationToken).Bytes();
        byte[] other = TestVectors.Hnsw(vectors, Dimension, new HnswOptions { Seed = 8 }).Bytes();

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void AllVectorsComeBackWhenAllAreAskedFor()
    {
        HnswIndex index = TestVectors.Hnsw(Vectors[..(700 * Dimension)], Dimension);
        FlatIndex exact = FlatIndex.Build(Vectors[..(700 * Dimension)], Dimension);

        (int[] ids, float[] distances) = index.Nearest(Queries[..Dimension], 700);
        (int[] expected, float[] expectedDistances) = exact.Nearest(Queries[..Dimension], 700);

        Assert.Equal(expected, ids);
        Assert.Equal(expectedDistances, distances);
    }

    [Fact]
    public void ManyCopiesOfOneVectorHideNeitherThemselvesNorOthers()
    {
        // Every second vector is the same one.
        float[] vectors = (float[])Vectors.Clone();
        for (int id = 0; id < 4000; id += 2)
            Vectors.AsSpan(0, Dimension).CopyTo(vectors.AsSpan(id * Dimension));
        HnswIndex index = TestVectors.Hnsw(vectors, Dimension);
        FlatIndex exact = FlatIndex.Build(vectors, Dimension);

        Assert.InRange(TestVectors.Recall(index, exact, Queries, 10), 0.95, 1);
        (int[] copies, float[] distances) = index.Nearest(Vectors[..Dimension], 100);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => 2 * i), copies);
        Assert.All(distances, distance => Assert.Equal(0f, distance, 1e-6f));
    }

    [Fact]
    public void AnIndexOfNothingButCopiesReturnsAsManyAsAreAskedFor()
    {
        HnswIndex index = TestVectors.Hnsw([.. Enumerable.Repeat(new float[] { 1, 2, 3 }, 500).SelectMany(vector => vector)], 3);

        Assert.Equal(Enumerable.Range(0, 40), index.Nearest([3, 2, 1], 40).Ids);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(33)]
    public void OddDimensionsAreSearchedLikeAnyOther(int dimension)
    {
        float[] vectors = TestVectors.Clustered(1200, dimension, 10, seed: 4);
        HnswIndex index = TestVectors.Hnsw(vectors, dimension, new HnswOptions { Metric = AnnMetric.L2 });
        FlatIndex exact = FlatIndex.Build(vectors, dimension, AnnMetric.L2);

        Assert.InRange(TestVectors.Recall(index, exact, vectors[..(100 * dimension)], 10), 0.95, 1);
    }

    [Fact]
    public void ASingleVectorIsAnIndexToo()
    {
        HnswIndex index = TestVectors.Hnsw([1, 1], 2);

        Assert.Equal([0], index.Nearest([1, 0], 1).Ids);
    }

    [Theory]
    [InlineData(2, 4, 1)]
    [InlineData(2, 40, 4)]
    [InlineData(3, 8, 1)]
    [InlineData(16, 200, 4)]
    public unsafe void EveryVectorCanBeReachedFromTheEntry(int m, int efConstruction, int threads)
    {
        // Every tenth vector is a copy, which is found through the first.
        float[] vectors = Vectors[..(2000 * Dimension)];
        for (int id = 10; id < 2000; id += 10)
            vectors.AsSpan(0, Dimension).CopyTo(vectors.AsSpan(id * Dimension));
        HnswGraph graph = TestVectors.Hnsw(vectors, Dimension, new HnswOptions { M = m, EfConstruction = efConstruction, Threads = threads }).Graph;

        HashSet<int> reached = [graph.Entry];
        Stack<int> open = new(reached);
        while (open.TryPop(out int id))
        {
            int[] links = [.. new ReadOnlySpan<int>(graph.Links(id, 0), graph.Capacity(0)).ToArray().TakeWhile(link => link != HnswGraph.None)];
            Assert.Equal(links.Length, links.Distinct().Count());
            Assert.DoesNotContain(id, links);
            foreach (int link in links.Where(reached.Add))
                open.Push(link);
        }
        Assert.Equal(Enumerable.Range(0, 2000).Where(id => id == 0 || id % 10 != 0), reached.Order());
    }

    // A shorter beam may end in the wrong cluster, so it is no law that it finds a vector from itself: seed 13 of 172 vectors in five
    // clusters, M = 4, ef = 60 does not. A beam as wide as the index must, since every vector can be reached.
    [Property(MaxTest = 40)]
    public void ABeamAsWideAsTheIndexFindsTheNearestSortedUniqueAndTheVectorItself(byte count, byte extra, bool cosine, int seed) =>
        AssertExact(count, extra, cosine, seed);

    [Fact]
    public void ABeamAsWideAsTheIndexFindsAVectorInAClusterFarFromTheEntry() => AssertExact(171, 99, cosine: false, seed: 13);

    private static void AssertExact(byte count, byte extra, bool cosine, int seed)
    {
        int dimension = 2 + extra % 20, n = 1 + count;
        AnnMetric metric = cosine ? AnnMetric.Cosine : AnnMetric.L2;
        float[] vectors = TestVectors.Clustered(n, dimension, 5, seed);
        HnswIndex index = TestVectors.Hnsw(vectors, dimension, new HnswOptions { Metric = metric, M = 4, EfConstruction = 20, Seed = seed });
        int self = (seed & int.MaxValue) % n, k = Math.Min(n, 12);
        float[] query = vectors[(self * dimension)..(self * dimension + dimension)];

        (int[] ids, float[] distances) = index.Nearest(query, k, new SearchOptions { EfSearch = n });

        Assert.Equal(distances.Order(), distances);
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id, 0, n - 1));
        // Another of nearly the same direction may be as near, by rounding.
        Assert.Contains(self, ids);
        Assert.Equal(0f, distances[0], 1e-5f);
        (_, float[] nearest) = FlatIndex.Build(vectors, dimension, new FlatOptions { Metric = metric }).Nearest(query, k);
        for (int i = 0; i < k; i++)
            Assert.Equal(nearest[i], distances[i], 1e-4f);
    }

    [Fact]
    public async Task SearchesAtTheSameTimeFindWhatOneAfterTheOtherFinds()
    {
        HnswIndex index = TestVectors.Hnsw(Vectors[..(1500 * Dimension)], Dimension);
        (int[] Ids, float[] Distances)[] expected = [.. Queries.Chunk(Dimension).Select(query => index.Nearest(query, 10))];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < expected.Length; i++)
            {
                int at = (i + 25 * worker) % expected.Length;
                (int[] ids, float[] distances) = index.Nearest(Queries[(at * Dimension)..(at * Dimension + Dimension)], 10);
                Assert.Equal(expected[at].Ids, ids);
                Assert.Equal(expected[at].Distances, distances);
            }
        }, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void OptionsOutOfRangeAreRefusedByName()
    {
        Assert.Contains("M must be between 2 and 256", Refusal(new HnswOptions { M = 1 }));
        Assert.Contains("EfConstruction must be", Refusal(new HnswOptions { EfConstruction = 0 }));
        Assert.Contains("EfSearch must be", Refusal(new HnswOptions { EfSearch = 0 }));
        Assert.Contains("Threads must be", Refusal(new HnswOptions { Threads = -1 }));
        Assert.Contains("Metric must be", Refusal(new HnswOptions { Metric = (AnnMetric)9 }));

        static string Refusal(HnswOptions options) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => TestVectors.Hnsw([1, 2], 2, options)).Message;
    }
}

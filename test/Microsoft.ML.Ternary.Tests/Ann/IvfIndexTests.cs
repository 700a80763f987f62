// The inverted file against exact search, and where its probes go.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class IvfIndexTests
{
    private const int Dimension = 32;

    private static readonly float[] Vectors = TestVectors.Clustered(4000, Dimension, 30, seed: 1);
    private static readonly float[] Queries = TestVectors.Clustered(4200, Dimension, 30, seed: 1)[(4000 * Dimension)..];

    // Lists around 1, 11 and 21 on a line, of 3, 4 and 2 vectors: three groups far apart.
    private static readonly float[] Line = [0, 20, 10, 1, 11, 22, 2, 12, 11.5f];

    [Theory]
    [InlineData(AnnMetric.Cosine)]
    [InlineData(AnnMetric.L2)]
    [InlineData(AnnMetric.InnerProduct)]
    public void ItFindsNearlyAllOfTheTrueNeighbours(AnnMetric metric)
    {
        IvfIndex index = Build(Vectors, Dimension, new IvfOptions { Metric = metric });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension, metric);

        Assert.InRange(TestVectors.Recall(index, exact, Queries, 10), 0.95, 1);
    }

    [Theory]
    [InlineData(AnnMetric.Cosine)]
    [InlineData(AnnMetric.L2)]
    [InlineData(AnnMetric.InnerProduct)]
    public void ProbingEveryListIsExact(AnnMetric metric)
    {
        IvfIndex index = Build(Vectors, Dimension, new IvfOptions { Metric = metric, NProbe = 1 });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension, metric);
        SearchOptions all = new() { NProbe = index.ListCount };
        foreach (float[] query in Queries.Chunk(Dimension).Take(50))
        {
            (int[] ids, float[] distances) = index.Nearest(query, 25, all);
            (int[] expected, float[] expectedDistances) = exact.Nearest(query, 25);
            Assert.Equal(expected, ids);
            Assert.Equal(expectedDistances, distances);
        }
    }

    [Fact]
    public void MoreProbesFindMore()
    {
        IvfIndex index = Build(Vectors, Dimension);
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension);
        double[] recalls = [.. new[] { 1, 4, 16, 64 }.Select(probes => TestVectors.Recall(index, exact, Queries, 10, new SearchOptions { NProbe = probes }))];

        Assert.Equal(recalls.Order(), recalls);
        Assert.True(recalls[0] < 0.9 && recalls[3] > 0.99, string.Join(' ', recalls));
    }

    [Fact]
    public void OnlyTheNearestListsAreLookedInto()
    {
        IvfIndex index = Build(Line, 1, new IvfOptions { Metric = AnnMetric.L2, NList = 3, KMeansIterations = 50, NProbe = 1 });

        // 6.1 is nearer to 11.125, the mean of its list, than to 1: the nearer vector 2 is found only by the second probe.
        Assert.Equal([2, 4, 8], index.Nearest([6.1f], 3).Ids);
        Assert.Equal([2, 6, 4], index.Nearest([6.1f], 3, new SearchOptions { NProbe = 2 }).Ids);
        Assert.Equal([6, 3, 0], index.Nearest([6.0f], 3).Ids);
    }

    [Fact]
    public void FurtherListsAreLookedIntoUntilThereAreKVectors()
    {
        IvfIndex index = Build(Line, 1, new IvfOptions { Metric = AnnMetric.L2, NList = 3, KMeansIterations = 50, NProbe = 1 });

        Assert.Equal([2, 6, 3, 4], index.Nearest([6.0f], 4).Ids);
        Assert.Equal([2, 6, 3, 4, 8, 0, 7, 1, 5, -1], index.Nearest([6.0f], 10).Ids);
        Assert.Equal([1, 5], index.Nearest([0f], 2, new SearchOptions { Filter = id => id is 1 or 5 }).Ids);
        Assert.Equal([1, 5], index.Nearest([0f], 2, new SearchOptions { AllowList = new AllowList([5, 1]) }).Ids);
    }

    [Fact]
    public void TheSameSeedGivesTheSameBytesOnAnyNumberOfThreadsAndAnotherSeedOthers()
    {
        byte[] first = Build(Vectors, Dimension, new IvfOptions { Seed = 7 }).Bytes();
        byte[] again = IvfIndex.Build(Vectors.Chunk(Dimension), new IvfOptions { Seed = 7, Threads = 3 }, null, TestContext.Current.CancellationToken).Bytes();
        byte[] other = Build(Vectors, Dimension, new IvfOptions { Seed = 8 }).Bytes();

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void ASampleIsEnoughToLearnFrom()
    {
        IvfIndex index = Build(Vectors, Dimension, new IvfOptions { NList = 50, TrainingSample = 600 });

        Assert.NotEqual(Build(Vectors, Dimension, new IvfOptions { NList = 50 }).Bytes(), index.Bytes());
        Assert.InRange(TestVectors.Recall(index, FlatIndex.Build(Vectors, Dimension), Queries, 10), 0.95, 1);
    }

    [Fact]
    public void ManyCopiesOfOneVectorHideNeitherThemselvesNorOthers()
    {
        float[] vectors = (float[])Vectors.Clone();
        for (int id = 0; id < 4000; id += 2)
            Vectors.AsSpan(0, Dimension).CopyTo(vectors.AsSpan(id * Dimension));
        IvfIndex index = Build(vectors, Dimension);

        Assert.InRange(TestVectors.Recall(index, FlatIndex.Build(vectors, Dimension), Queries, 10), 0.95, 1);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => 2 * i), index.Nearest(Vectors[..Dimension], 100).Ids);
    }

    [Fact]
    public void AnIndexOfNothingButCopiesReturnsAsManyAsAreAskedFor()
    {
        IvfIndex index = Build([.. Enumerable.Repeat(new float[] { 1, 2, 3 }, 500).SelectMany(vector => vector)], 3);

        Assert.Equal(Enumerable.Range(0, 40), index.Nearest([3, 2, 1], 40).Ids);
    }

    [Fact]
    public void ASingleVectorIsAnIndexToo()
    {
        IvfIndex index = Build([1, 1], 2);

        Assert.Equal([0], index.Nearest([1, 0], 1).Ids);
        Assert.Equal(1, index.ListCount);
    }

    [Fact]
    public void MoreListsThanVectorsAreAsManyAsVectors()
    {
        IvfIndex index = Build(Line, 1, new IvfOptions { Metric = AnnMetric.L2, NList = 1000, NProbe = 1 });

        Assert.Equal(Line.Length, index.ListCount);
        Assert.Equal([2], index.Nearest([9.9f], 1).Ids);
        Assert.Equal([2, 4], index.Nearest([9.9f], 2).Ids);
    }

    [Fact]
    public void ListsAreAboutFourTimesTheRootOfTheCount()
    {
        Assert.Equal(253, Build(Vectors, Dimension).ListCount);
        Assert.Equal(980, new IvfOptions().ListsFor(60_000));
        Assert.Equal(4000, new IvfOptions().ListsFor(1_000_000));
    }

    [Fact]
    public void CompactingPutsWhatWasAddedInItsLists()
    {
        IvfIndex index = Build(Vectors[..(3600 * Dimension)], Dimension);
        index.Add(Vectors.AsSpan(3600 * Dimension));
        int[][] before = [.. Queries.Chunk(Dimension).Select(query => index.Nearest(query, 10).Ids)];

        index.Compact(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((4000, 0), (index.Lists.Lists.Built, index.Lists.Lists.Added));
        Assert.Equal(240, index.ListCount);
        Assert.Equal(before, Queries.Chunk(Dimension).Select(query => index.Nearest(query, 10).Ids));
    }

    [Fact]
    public void AnIndexThatOutgrewItsListsGetsNewOnesWhenCompacted()
    {
        IvfIndex index = Build(Vectors[..(20 * Dimension)], Dimension);
        index.Add(Vectors.AsSpan(20 * Dimension));
        index.Delete(7);
        Assert.Equal(18, index.ListCount);

        index.Compact(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(253, index.ListCount);
        Assert.InRange(TestVectors.Recall(index, FlatIndex.Build(Vectors, Dimension), Queries, 10), 0.95, 1);
    }

    [Fact]
    public void AnIndexThatWasChangedLoadsAsItWasSaved()
    {
        IvfIndex index = Build(Vectors[..(2000 * Dimension)], Dimension, new IvfOptions { NList = 40, NProbe = 3, KMeansIterations = 7, TrainingSample = 900, Seed = -3 });
        index.Add(Vectors.AsSpan(2000 * Dimension, 500 * Dimension));
        Assert.Throws<OperationCanceledException>(() => index.Add(Vectors.AsSpan(0, Dimension), cancellation: new CancellationToken(true)));
        for (int id = 0; id < 2500; id += 5)
            index.Delete(id);

        IvfIndex loaded = Assert.IsType<IvfIndex>(VectorIndex.Load(new MemoryStream(index.Bytes())));

        Assert.Equal(index.Options, loaded.Options);
        Assert.Equal((index.Count, index.DeletedCount, index.NextId), (loaded.Count, loaded.DeletedCount, loaded.NextId));
        foreach (float[] query in Queries.Chunk(Dimension))
            Assert.Equal(index.Nearest(query, 10).Ids, loaded.Nearest(query, 10).Ids);
        Assert.Equal(index.Bytes(), loaded.Bytes());
        Assert.Equal(index.NextId, loaded.Add(Vectors.AsSpan(0, Dimension)));
    }

    [Fact]
    public void ListsThatCannotBeAreRefusedThoughTheChecksumIsRight()
    {
        IvfIndex index = Build(Vectors[..(100 * Dimension)], Dimension, new IvfOptions { NList = 4 });
        IvfStructure structure = index.Lists;
        Assert.Contains("does not ascend at list 1", Refusal(new InvertedLists([0, 60, 50, 90, 100], null)));
        Assert.Contains("goes from 1 to 100", Refusal(new InvertedLists([1, 20, 50, 90, 100], null)));
        Assert.Contains("says 4 lists of 101 vectors", Refusal(new InvertedLists([0, 20, 50, 90, 101], null)));

        string Refusal(InvertedLists lists) => Assert.Throws<InvalidDataException>(() => VectorIndex.Load(new MemoryStream(
            new IvfIndex(new IvfStructure(structure.Vectors, structure.Centroids, lists, index.Options)).Bytes()))).Message;
    }

    [Property(MaxTest = 40)]
    public void EveryVectorIsFoundByItself(byte count, byte extra, byte lists, bool cosine, int seed)
    {
        int dimension = 2 + extra % 20, n = 1 + count;
        float[] vectors = TestVectors.Clustered(n, dimension, 5, seed);
        IvfIndex index = Build(vectors, dimension, new IvfOptions { Metric = cosine ? AnnMetric.Cosine : AnnMetric.L2, NList = lists, NProbe = 2, Seed = seed });
        int self = (seed & int.MaxValue) % n, k = Math.Min(n, 12);

        (int[] ids, float[] distances) = index.Nearest(vectors[(self * dimension)..(self * dimension + dimension)], k);

        // Another of nearly the same direction may be as near, by rounding.
        Assert.Contains(self, ids);
        Assert.Equal(0f, distances[0], 1e-5f);
        Assert.Equal(distances.Order(), distances);
        Assert.Equal(k, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id, 0, n - 1));
    }

    [Fact]
    public void OptionsOutOfRangeAreRefusedByName()
    {
        Assert.Contains("NList must be between 0", Refusal(new IvfOptions { NList = -1 }));
        Assert.Contains("NProbe must be between 1", Refusal(new IvfOptions { NProbe = 0 }));
        Assert.Contains("KMeansIterations must be between 1", Refusal(new IvfOptions { KMeansIterations = 0 }));
        Assert.Contains("TrainingSample must be", Refusal(new IvfOptions { TrainingSample = -1 }));
        Assert.Contains("Threads must be", Refusal(new IvfOptions { Threads = -1 }));

        static string Refusal(IvfOptions options) => Assert.Throws<ArgumentOutOfRangeException>(() => Build([1, 2], 2, options)).Message;
    }

    private static IvfIndex Build(float[] vectors, int dimension, IvfOptions? options = null) =>
        IvfIndex.Build(vectors, dimension, options, null, TestContext.Current.CancellationToken);
}

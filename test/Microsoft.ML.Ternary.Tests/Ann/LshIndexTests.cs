// Locality-sensitive hashing against exact search, and what its hashes are.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class LshIndexTests
{
    private const int Dimension = 32;

    private static readonly float[] Vectors = TestVectors.Clustered(4000, Dimension, 30, seed: 1);
    private static readonly float[] Queries = TestVectors.Clustered(4200, Dimension, 30, seed: 1)[(4000 * Dimension)..];

    [Theory]
    [InlineData(AnnMetric.Cosine)]
    [InlineData(AnnMetric.L2)]
    public void ItFindsMostOfTheTrueNeighbours(AnnMetric metric)
    {
        LshIndex index = Build(Vectors, Dimension, new LshOptions { Metric = metric });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension, metric);

        Assert.InRange(TestVectors.Recall(index, exact, Queries, 10), 0.93, 1);
    }

    [Fact]
    public void ItServesInnerProductsAsWell()
    {
        LshIndex index = Build(Vectors, Dimension, new LshOptions { Metric = AnnMetric.InnerProduct, Probes = 128 });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension, AnnMetric.InnerProduct);

        Assert.InRange(TestVectors.Recall(index, exact, Queries, 10), 0.85, 1);
    }

    [Fact]
    public void VectorsThatAllLieToOneSideOfTheOriginAreToldApart()
    {
        // As pixels are: far from the origin in one direction.
        float[] vectors = [.. Vectors.Select(x => x + 100)], queries = [.. Queries.Select(x => x + 100)];
        LshIndex index = Build(vectors, Dimension, new LshOptions { Metric = AnnMetric.L2 });

        Assert.InRange(TestVectors.Recall(index, FlatIndex.Build(vectors, Dimension, AnnMetric.L2), queries, 10), 0.93, 1);
        foreach (InvertedLists table in ((LshStructure)index.Structure).Tables)
            Assert.InRange(Enumerable.Range(0, table.Count).Max(bucket => table.BuiltMembers(bucket).Length), 1, 1000);
    }

    [Fact]
    public void MoreProbesFindMoreAndAllBucketsFindAll()
    {
        LshIndex index = Build(Vectors, Dimension, new LshOptions { Tables = 2 });
        FlatIndex exact = FlatIndex.Build(Vectors, Dimension);
        double[] recalls = [.. new[] { 4, 16, 64, 1 << index.BitCount }.Select(probes => TestVectors.Recall(index, exact, Queries, 10, new SearchOptions { NProbe = probes }))];

        Assert.Equal(recalls.Order(), recalls);
        Assert.True(recalls[0] < 0.9 && recalls[3] == 1, string.Join(' ', recalls));
    }

    [Theory]
    [InlineData(1, 3, 2)]
    [InlineData(7, 3, 12)]
    [InlineData(5, 64, 20)]
    public void PlanesOfATableAreAtRightAnglesAsFarAsThereIsRoom(int dimension, int tables, int bits)
    {
        Hyperplanes planes = Hyperplanes.Draw(VectorStoreFactory.Create(Enumerable.Repeat(1f, dimension).ToArray(), dimension, AnnMetric.L2), tables, bits, seed: 1);
        float[] a = new float[dimension], b = new float[dimension];
        for (int plane = 0; plane < tables * bits; plane++)
        {
            planes.Normals.CopyVector(plane, a);
            Assert.Equal(1, a.Sum(x => x * x), 1e-5);
            Assert.Equal(a.Sum(), planes.Offsets[plane], 1e-5);
            for (int other = plane / bits * bits + plane % bits / dimension * dimension; other < plane; other++)
            {
                planes.Normals.CopyVector(other, b);
                Assert.Equal(0, a.Zip(b, (x, y) => x * y).Sum(), 1e-5);
            }
        }
    }

    [Property(MaxTest = 40)]
    public void AVectorIsInTheBucketOfItsSidesInEveryTable(byte count, byte extra, byte bitCount, int seed)
    {
        int dimension = 1 + extra % 40, n = 1 + count, bits = 1 + bitCount % 10;
        float[] vectors = TestVectors.Clustered(n, dimension, 5, seed);
        LshStructure structure = (LshStructure)Build(vectors, dimension, new LshOptions { Metric = AnnMetric.L2, Bits = bits, Tables = 3, Seed = seed }).Structure;
        float[] normal = new float[dimension];
        for (int table = 0; table < 3; table++)
        {
            int[] bucketOf = structure.Tables[table].ListOfSlots(0);
            int buckets = structure.Tables[table].Count;
            Assert.True(buckets <= 2 * n && buckets <= 1 << bits);
            for (int bit = 0; 1 << bit < buckets; bit++)
            {
                structure.Planes.Normals.CopyVector(table * bits + bit, normal);
                for (int i = 0; i < n; i++)
                {
                    double margin = -structure.Planes.Offsets[table * bits + bit];
                    for (int j = 0; j < dimension; j++)
                        margin += (double)normal[j] * vectors[i * dimension + j];
                    Assert.True(Math.Abs(margin) < 1e-4 || margin > 0 == ((bucketOf[i] >> bit & 1) != 0));
                }
            }
        }
    }

    [Fact]
    public void TheSameSeedGivesTheSameBytesOnAnyNumberOfThreadsAndAnotherSeedOthers()
    {
        byte[] first = Build(Vectors, Dimension, new LshOptions { Seed = 7 }).Bytes();
        byte[] again = LshIndex.Build(Vectors.Chunk(Dimension), new LshOptions { Seed = 7, Threads = 3 }, null, TestContext.Current.CancellationToken).Bytes();
        byte[] other = Build(Vectors, Dimension, new LshOptions { Seed = 8 }).Bytes();

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void AllVectorsComeBackWhenAllAreAskedFor()
    {
        LshIndex index = Build(Vectors[..(700 * Dimension)], Dimension);
        FlatIndex exact = FlatIndex.Build(Vectors[..(700 * Dimension)], Dimension);

        Assert.Equal(exact.Nearest(Queries[..Dimension], 700).Ids, index.Nearest(Queries[..Dimension], 700).Ids);
    }

    [Fact]
    public void ManyCopiesOfOneVectorHideNeitherThemselvesNorOthers()
    {
        float[] vectors = (float[])Vectors.Clone();
        for (int id = 0; id < 4000; id += 2)
            Vectors.AsSpan(0, Dimension).CopyTo(vectors.AsSpan(id * Dimension));
        LshIndex index = Build(vectors, Dimension);

        Assert.InRange(TestVectors.Recall(index, FlatIndex.Build(vectors, Dimension), Queries, 10), 0.93, 1);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => 2 * i), index.Nearest(Vectors[..Dimension], 100).Ids);
    }

    [Fact]
    public void AnIndexOfNothingButCopiesReturnsAsManyAsAreAskedFor()
    {
        LshIndex index = Build([.. Enumerable.Repeat(new float[] { 1, 2, 3 }, 500).SelectMany(vector => vector)], 3);

        Assert.Equal(Enumerable.Range(0, 40), index.Nearest([3, 2, 1], 40).Ids);
    }

    [Fact]
    public void ASingleVectorIsAnIndexToo()
    {
        LshIndex index = Build([1, 1], 2);

        Assert.Equal([0, -1], index.Nearest([1, 0], 2).Ids);
        Assert.Equal(1, index.BitCount);
    }

    [Fact]
    public void BitsFollowFromTheCount()
    {
        Assert.Equal(9, Build(Vectors, Dimension).BitCount);
        Assert.Equal(13, new LshOptions().BitsFor(60_000));
        Assert.Equal(24, new LshOptions().BitsFor(int.MaxValue));
        Assert.Equal(1, new LshOptions().BitsFor(1));
        Assert.Equal(12, new LshOptions { Bits = 24 }.BucketBitsFor(4000));
    }

    [Fact]
    public void FarMoreBitsThanVectorsCostNoMemoryAndNoNeighbours()
    {
        LshIndex index = Build(Vectors, Dimension, new LshOptions { Bits = 24, Probes = 2000 });

        Assert.Equal(24, index.BitCount);
        Assert.InRange(index.MemoryBytes, 0, 2 * FlatIndex.Build(Vectors, Dimension).MemoryBytes);
        Assert.InRange(TestVectors.Recall(index, FlatIndex.Build(Vectors, Dimension), Queries, 10), 0.5, 1);
    }

    [Fact]
    public void CompactingHashesAnew()
    {
        LshIndex index = Build(Vectors[..(20 * Dimension)], Dimension);
        index.Add(Vectors.AsSpan(20 * Dimension));
        Assert.Equal(2, index.BitCount);

        index.Compact(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(9, index.BitCount);
        Assert.Equal(Build(Vectors, Dimension).Bytes(), index.Bytes());
    }

    [Fact]
    public void AnIndexThatWasChangedLoadsAsItWasSaved()
    {
        LshIndex index = Build(Vectors[..(2000 * Dimension)], Dimension, new LshOptions { Tables = 3, Bits = 11, Probes = 9, Seed = -3 });
        index.Add(Vectors.AsSpan(2000 * Dimension, 500 * Dimension));
        Assert.Throws<OperationCanceledException>(() => index.Add(Vectors.AsSpan(0, Dimension), cancellation: new CancellationToken(true)));
        for (int id = 0; id < 2500; id += 5)
            index.Delete(id);

        LshIndex loaded = Assert.IsType<LshIndex>(VectorIndex.Load(new MemoryStream(index.Bytes())));

        Assert.Equal(index.Options, loaded.Options);
        Assert.Equal((index.Count, index.DeletedCount, index.NextId), (loaded.Count, loaded.DeletedCount, loaded.NextId));
        foreach (float[] query in Queries.Chunk(Dimension))
            Assert.Equal(index.Nearest(query, 10).Ids, loaded.Nearest(query, 10).Ids);
        Assert.Equal(index.Bytes(), loaded.Bytes());
        Assert.Equal(index.NextId, loaded.Add(Vectors.AsSpan(0, Dimension)));
    }

    [Fact]
    public void BucketsThatCannotBeAreRefusedThoughTheChecksumIsRight()
    {
        LshIndex index = Build([1, 2, 3], 1, new LshOptions { Metric = AnnMetric.L2, Tables = 1, Bits = 1 });
        LshStructure structure = (LshStructure)index.Structure;
        Assert.Contains("does not ascend at bucket 1 of table 0", Refusal(new InvertedLists([0, 4, 3], [0, 1, 2])));
        Assert.Contains("goes from 1 to 3 in table 0", Refusal(new InvertedLists([1, 2, 3], [0, 1, 2])));
        Assert.Contains("names a vector that is not there", Refusal(new InvertedLists([0, 1, 3], [0, 1, 3])));

        string Refusal(InvertedLists table) => Assert.Throws<InvalidDataException>(() => VectorIndex.Load(new MemoryStream(
            new LshIndex(new LshStructure(structure.Vectors, structure.Planes, [table], index.Options)).Bytes()))).Message;
    }

    [Property(MaxTest = 40)]
    public void EveryVectorIsFoundByItself(byte count, byte extra, byte bits, bool cosine, int seed)
    {
        int dimension = 2 + extra % 20, n = 1 + count;
        float[] vectors = TestVectors.Clustered(n, dimension, 5, seed);
        LshIndex index = Build(vectors, dimension, new LshOptions { Metric = cosine ? AnnMetric.Cosine : AnnMetric.L2, Bits = bits % 25, Probes = 2, Seed = seed });
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
        Assert.Contains("Tables must be between 1 and 256", Refusal(new LshOptions { Tables = 0 }));
        Assert.Contains("Bits must be between 0 and 24", Refusal(new LshOptions { Bits = 25 }));
        Assert.Contains("Probes must be between 1", Refusal(new LshOptions { Probes = 0 }));
        Assert.Contains("Threads must be", Refusal(new LshOptions { Threads = -1 }));

        static string Refusal(LshOptions options) => Assert.Throws<ArgumentOutOfRangeException>(() => Build([1, 2], 2, options)).Message;
    }

    private static LshIndex Build(float[] vectors, int dimension, LshOptions? options = null) =>
        LshIndex.Build(vectors, dimension, options, null, TestContext.Current.CancellationToken);
}

// What every store must do, whatever its codec.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Codecs;

public sealed unsafe class VectorStoreTests
{
    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void DistancesInOrderAndByNumberAreTheSameBits(VectorCodec codec, AnnMetric metric)
    {
        foreach (int dimension in (int[])[1, 3, 100, 128, 784])
        {
            float[] vectors = TestVectors.Clustered(23, dimension, 3, 1);
            VectorStore store = StoreTesting.Create(codec, metric, vectors, dimension);
            float[] query = vectors[..dimension];
            float[] inOrder = store.Distances(query);
            Assert.Equal(inOrder, Enumerable.Range(0, 23).Select(id => store.Distance(query, id)));
            Assert.Equal(inOrder.Reverse(), ByNumber(store, query, [.. Enumerable.Range(0, 23).Reverse()]));
        }
    }

    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void RowsReadBackGiveTheSameDistances(VectorCodec codec, AnnMetric metric)
    {
        float[] vectors = TestVectors.Clustered(20, 100, 3, 2);
        VectorStore store = StoreTesting.Create(codec, metric, vectors, 100);
        Assert.Equal(VectorStores.RowBytes(codec, 100), store.RowBytes);
        byte[] rows = store.RowsCopy();
        AlignedBuffer block = new(rows.Length);
        rows.CopyTo(new Span<byte>(block.Pointer, rows.Length));
        VectorStore restored = VectorStores.Restore(codec, 100, metric, 20, block, store.Parameters);
        Assert.Equal(codec, restored.Codec);
        Assert.Equal(store.Distances(vectors[..100]), restored.Distances(vectors[..100]));
        Assert.Equal(store.Vector(7), restored.Vector(7));
        Assert.Equal(VectorProblem.None, restored.Append(vectors.AsSpan(0, 100)));
        Assert.Equal(rows, new ReadOnlySpan<byte>(block.Pointer, rows.Length));
        Assert.Equal(rows[..store.RowBytes], restored.RowsCopy()[rows.Length..]);
    }

    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void SelectedVectorsAreThoseOfTheirSlots(VectorCodec codec, AnnMetric metric)
    {
        float[] vectors = TestVectors.Clustered(20, 33, 3, 2);
        VectorStore store = StoreTesting.Create(codec, metric, vectors, 33);
        VectorStore selected = store.Select([3, 19, 0]);
        float[] all = store.Distances(vectors[..33]);
        Assert.Equal([all[3], all[19], all[0]], selected.Distances(vectors[..33]));
        Assert.Equal(store.Parameters, selected.Parameters);
    }

    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void EncodingOnSeveralThreadsOrOneByOneGivesTheSameBytes(VectorCodec codec, AnnMetric metric)
    {
        float[] vectors = TestVectors.Clustered(700, 40, 3, 4);
        VectorStore full = VectorStoreFactory.Create(vectors, 40, metric);
        VectorStore together = VectorStores.Encode(full, codec, 5, 3, TestContext.Current.CancellationToken);
        VectorStore single = VectorStores.Create(codec, 40, metric, full, 5, 0);
        for (int start = 0; start < vectors.Length; start += 40)
            Assert.Equal(VectorProblem.None, single.Append(vectors.AsSpan(start, 40)));
        Assert.Equal(together.RowsCopy(), single.RowsCopy());
        single.Trim();
        Assert.Equal(together.RowsCopy(), single.RowsCopy());
    }

    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void ZeroAndConstantAndEqualVectorsHaveTheDistancesTheyShould(VectorCodec codec, AnnMetric metric)
    {
        foreach (int dimension in (int[])[1, 3, 100, 784])
        {
            float[] constant = [.. Enumerable.Repeat(2f, dimension)], zero = new float[dimension];
            VectorStore store = VectorStores.Create(codec, dimension, metric, null, 1, 0);
            store.Append(constant);
            store.Append(constant);
            Assert.Equal(metric == AnnMetric.Cosine ? VectorProblem.Zero : VectorProblem.None, store.Append(zero));
            float[] distances = store.Distances(constant);
            Assert.Equal(distances[0], distances[1]);
            double scale = metric == AnnMetric.Cosine ? 1 : 4 * dimension;
            Assert.Equal(metric == AnnMetric.L2 ? 0 : -scale, distances[0], 0.05 * scale);
            Assert.Equal(store.DistancesFrom(0), store.DistancesFrom(1));
            if (metric == AnnMetric.Cosine)
                continue;
            Assert.Equal(metric == AnnMetric.L2 ? scale : 0, distances[2], 1e-3 * scale);
            Assert.Equal(metric == AnnMetric.L2 ? scale : 0, store.Distance(zero, 0), 1e-3 * scale);
            Assert.Equal(0, store.Distance(zero, 2));
            Assert.Equal(zero, store.Vector(2));
        }
    }

    // The vectors' own distances: the codes of both are in error, so the bound is on how they go together.
    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void AStoredVectorIsAQueryWithNearlyTheDistancesOfTheVectorItself(VectorCodec codec, AnnMetric metric)
    {
        float[] vectors = TestVectors.Clustered(300, 256, 5, 6);
        VectorStore store = StoreTesting.Create(codec, metric, vectors, 256), full = StoreTesting.Create(VectorCodec.Float32, metric, vectors, 256);
        double least = codec switch { VectorCodec.Binary => 0.94, VectorCodec.Ternary => 0.97, _ => 0.9995 };
        Assert.True(Correlation(full.Distances(vectors[..256]), store.DistancesFrom(0)) > least);
    }

    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void DecodedVectorsPointWhereTheVectorsDid(VectorCodec codec, AnnMetric metric)
    {
        float[] vectors = TestVectors.Clustered(50, 256, 5, 8);
        VectorStore store = StoreTesting.Create(codec, metric, vectors, 256), full = StoreTesting.Create(VectorCodec.Float32, metric, vectors, 256);
        double least = codec switch { VectorCodec.Binary => 0.75, VectorCodec.Ternary => 0.87, _ => 0.9998 };
        for (int id = 0; id < 50; id++)
        {
            float[] decoded = store.Vector(id);
            Assert.True(Cosine(full.Vector(id), decoded) > least);
            if (metric == AnnMetric.Cosine)
                Assert.Equal(1, decoded.Sum(v => (double)v * v), 1e-3);
        }
    }

    // But for float32, which is what it is.
    [Property(MaxTest = 60)]
    public void QueriesAndVectorsOfAnySizeGiveDistancesThatAreNumbers(float a, float b, float c, byte codec)
    {
        float[] query = [a, b, c];
        VectorCodec chosen = (VectorCodec)(2 + codec % 4);
        foreach (AnnMetric metric in Enum.GetValues<AnnMetric>())
        {
            VectorStore store = VectorStores.Create(chosen, 3, metric, null, 1, 0);
            foreach (float[] vector in (float[][])[[1, 2, 3], [1e17f, -1e18f, 3e17f], [1e-30f, 0, 1e-38f], [3e38f, 3e38f, -3e38f], query])
                store.Append(vector);
            if (VectorStore.Check(query, metric) == VectorProblem.None && store.Count > 0)
                Assert.DoesNotContain(store.Distances(query), float.IsNaN);
        }
    }

    [Theory]
    [InlineData(VectorCodec.Int8)]
    [InlineData(VectorCodec.Ternary)]
    [InlineData(VectorCodec.Binary)]
    public void VectorsTooLongForACodecAreRefusedByName(VectorCodec codec)
    {
        ArgumentOutOfRangeException failure = Assert.Throws<ArgumentOutOfRangeException>(() => VectorStores.RowBytes(codec, 65537));
        Assert.Contains(codec.ToString(), failure.Message);
        VectorStore store = VectorStores.Create(codec, 2, AnnMetric.L2, null, 1, 0);
        Assert.Equal(VectorProblem.OutOfRange, store.Append([1e19f, 0]));
        Assert.Equal(VectorProblem.NotFinite, store.Append([float.PositiveInfinity, 0]));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void ParametersOfSomethingElseAreRefused()
    {
        byte[] parameters = VectorStores.Create(VectorCodec.Ternary, 4, AnnMetric.L2, null, 1, 0).Parameters!;
        Assert.Throws<InvalidDataException>(() => Restore([]));
        Assert.Throws<InvalidDataException>(() => Restore(parameters[..^1]));
        Assert.Throws<InvalidDataException>(() => Restore([2, .. parameters[1..]]));
        Assert.Throws<InvalidDataException>(() => Restore([.. parameters[..^4], 0, 0, 0xc0, 0x7f]));
        Assert.Throws<ArgumentException>(() => VectorStores.Restore(VectorCodec.Ternary, 4, AnnMetric.L2, 9, new AlignedBuffer(64), parameters));
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorStores.RowBytes((VectorCodec)6, 4));

        static void Restore(byte[] bytes) => VectorStores.Restore(VectorCodec.Ternary, 4, AnnMetric.L2, 0, new AlignedBuffer(0), bytes);
    }

    [Theory]
    [InlineData(VectorCodec.Float32)]
    [InlineData(VectorCodec.Float16)]
    [InlineData(VectorCodec.Ternary)]
    public void ReadersSeeRightDistancesWhileRowsAreAdded(VectorCodec codec)
    {
        const int Count = 4000;
        float[] vectors = TestVectors.Clustered(50, 64, 5, 9);
        float[] expected = StoreTesting.Create(codec, AnnMetric.L2, vectors, 64).Distances(vectors[..64]);
        VectorStore store = VectorStores.Create(codec, 64, AnnMetric.L2, VectorStoreFactory.Create(vectors, 64, AnnMetric.L2), 7, 0);
        store.Append(vectors.AsSpan(0, 64));
        int wrong = 0, looks = 0;
        Thread reader = new(() =>
        {
            for (int seen = 0; seen < Count; looks++)
            {
                seen = store.Count;
                foreach ((int id, float distance) in store.Distances(vectors[..64], Math.Max(0, seen - 60), Math.Min(seen, 60)))
                    wrong += distance == expected[id % 50] ? 0 : 1;
            }
        });
        reader.Start();
        for (int id = 1; id < Count; id++)
        {
            store.Append(vectors.AsSpan(id % 50 * 64, 64));
            if (id % 100 == 0)
            {
                store.Trim();
                GC.Collect(0);
            }
        }
        reader.Join();
        Assert.Equal(0, wrong);
        Assert.True(looks > 0);
    }

    [Theory]
    [MemberData(nameof(StoreTesting.All), MemberType = typeof(StoreTesting))]
    public void PreparingAQueryAllocatesNothing(VectorCodec codec, AnnMetric metric)
    {
        float[] vectors = TestVectors.Clustered(2, 100, 1, 9);
        VectorStore store = StoreTesting.Create(codec, metric, vectors, 100);
        AlignedBuffer prepared = new(store.QueryBytes);
        store.PrepareQuery(vectors.AsSpan(0, 100), prepared.Pointer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            store.PrepareQuery(vectors.AsSpan(0, 100), prepared.Pointer);
            store.StoredAsQuery(1, prepared.Pointer);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static float[] ByNumber(VectorStore store, float[] query, int[] ids)
    {
        AlignedBuffer prepared = new(store.QueryBytes);
        store.PrepareQuery(query, prepared.Pointer);
        float[] distances = new float[ids.Length];
        fixed (int* id = ids)
        fixed (float* distance = distances)
            store.Distances(prepared.Pointer, id, ids.Length, distance);
        GC.KeepAlive(prepared);
        return distances;
    }

    private static double Cosine(float[] a, float[] b) => Product(a, b) / Math.Sqrt(Product(a, a) * Product(b, b));

    private static double Product(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private static double Correlation(float[] a, float[] b)
    {
        float meanA = a.Average(), meanB = b.Average();
        return Cosine(Array.ConvertAll(a, x => x - meanA), Array.ConvertAll(b, x => x - meanB));
    }
}

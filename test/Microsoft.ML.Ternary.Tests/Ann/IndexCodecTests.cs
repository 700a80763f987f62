// Every kind of index over every codec: what is found, with and without rescoring, after changes and after a file.
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Estimators;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class IndexCodecTests
{
    private const int Dimension = 96;
    private const int Count = 1200;

    private static readonly float[] Vectors = Embeddings(Count, 15);
    private static readonly float[] Queries = Embeddings(50, 16);

    public static TheoryData<AnnIndexKind, VectorCodec> All => IndexKinds.All;

    [Theory]
    [MemberData(nameof(All))]
    public void RescoringFindsTheTrueNeighboursAndTheirExactDistances(AnnIndexKind kind, VectorCodec codec)
    {
        foreach (AnnMetric metric in Enum.GetValues<AnnMetric>())
        {
            VectorIndex exact = IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension, VectorCodec.Float32, metric);
            VectorIndex index = IndexKinds.Build(kind, Vectors, Dimension, codec, metric);
            Assert.Equal(codec, index.Codec);
            // Under inner product vectors are no longer near to what they are similar to, which structures suffer from: hashes, which go
            // by direction alone, most.
            double recall = TestVectors.Recall(index, exact, Queries, 10);
            Assert.True(recall > (metric != AnnMetric.InnerProduct ? 0.95 : kind == AnnIndexKind.Lsh ? 0.7 : 0.9), $"{metric}: recall {recall}");
            float[] query = Queries[..Dimension];
            (int[] ids, float[] distances) = index.Nearest(query, 10);
            (int[] all, float[] allDistances) = exact.Nearest(query, Count);
            for (int i = 0; i < 10; i++)
                Assert.Equal(allDistances[Array.IndexOf(all, ids[i])], distances[i], codec == VectorCodec.Float16 ? 0.1f : 1e-3f);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void CodesAloneTakeTheMemoryThatTheirBitsSay(AnnIndexKind kind, VectorCodec codec)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors, Dimension, codec, rescoring: Rescoring.None);

        Assert.Null(index.RescoringCodec);
        Assert.Equal(0, index.RescoringBytes);
        int row = codec switch { VectorCodec.Float32 => 4 * Dimension, VectorCodec.Float16 => 2 * Dimension, VectorCodec.Int8 => Dimension + 8, VectorCodec.Ternary => Dimension / 4 + 8, _ => Dimension / 8 + 8 };
        // Rows may be padded to a register; structures have their own memory, which differs from kind to kind.
        long codes = index.Structure.Vectors.Codes.MemoryBytes;
        Assert.InRange(codes, (long)Count * row, (long)Count * (row + 32));
        Assert.True(index.SearchBytes >= codes);
        double least = codec switch { VectorCodec.Binary => 0.4, VectorCodec.Ternary => 0.55, VectorCodec.Int8 => 0.9, _ => 0.95 };
        double recall = TestVectors.Recall(index, IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension), Queries, 10);
        Assert.True(recall > least, $"recall {recall}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AFileKeepsCodesIdsAndDeletions(AnnIndexKind kind, VectorCodec codec)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(1000 * Dimension)], Dimension, codec);
        for (int id = 0; id < 300; id++)
            index.Delete(id);
        index.Compact(cancellation: TestContext.Current.CancellationToken);
        index.Add(Vectors.AsSpan(1000 * Dimension));
        index.Delete(1100);
        using TemporaryFolder folder = new();
        index.Save(folder.File("a.ann"));

        using VectorIndex opened = VectorIndex.Load(folder.File("a.ann"));
        VectorIndex read = VectorIndex.Load(new MemoryStream(index.Bytes()));

        opened.Verify(TestContext.Current.CancellationToken);
        foreach (VectorIndex loaded in new[] { opened, read })
        {
            Assert.Equal((index.Count, index.DeletedCount, index.NextId, index.Codec, index.RescoringCodec), (loaded.Count, loaded.DeletedCount, loaded.NextId, loaded.Codec, loaded.RescoringCodec));
            for (int q = 0; q < Queries.Length; q += Dimension)
            {
                (int[] ids, float[] distances) = index.Nearest(Queries[q..(q + Dimension)], 10);
                (int[] loadedIds, float[] loadedDistances) = loaded.Nearest(Queries[q..(q + Dimension)], 10);
                Assert.Equal(ids, loadedIds);
                Assert.Equal(distances, loadedDistances);
            }
            Assert.Equal(index.Bytes(), loaded.Bytes());
            Assert.Equal(Count, loaded.Add(Vectors.AsSpan(0, Dimension)));
            Assert.Equal(Count, loaded.Nearest(Vectors[..Dimension], 1).Ids[0]);
        }
    }

    [Theory]
    [InlineData(AnnIndexKind.Flat)]
    [InlineData(AnnIndexKind.Ivf)]
    [InlineData(AnnIndexKind.Lsh)]
    [InlineData(AnnIndexKind.Hnsw)]
    public void VectorsAddedToCodesAloneAreFoundAmongTheFirst(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(600 * Dimension)], Dimension, VectorCodec.Ternary, rescoring: Rescoring.None);
        index.Add(Vectors.AsSpan(600 * Dimension));

        double recall = TestVectors.Recall(index, IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension), Queries, 10);
        Assert.True(recall > 0.5, $"recall {recall}");
        int found = 0;
        for (int id = 600; id < Count; id += 6)
            found += index.Nearest(Vectors[(id * Dimension)..((id + 1) * Dimension)], 5).Ids.Contains(id) ? 1 : 0;
        Assert.True(found > 90, $"{found} of 100 vectors are among the 5 nearest to themselves.");
    }

    [Theory]
    [InlineData(Rescoring.Int8, VectorCodec.Int8)]
    [InlineData(Rescoring.Float16, VectorCodec.Float16)]
    [InlineData(Rescoring.Float32, VectorCodec.Float32)]
    public void RescoringVectorsAreKeptAsAskedFor(Rescoring rescoring, VectorCodec kept)
    {
        VectorIndex index = IndexKinds.Build(AnnIndexKind.Hnsw, Vectors, Dimension, VectorCodec.Binary, rescoring: rescoring);

        Assert.Equal(kept, index.RescoringCodec);
        Assert.True(TestVectors.Recall(index, IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension), Queries, 10) > 0.9);
    }

    [Fact]
    public void MoreCandidatesToRescoreFindMore()
    {
        VectorIndex index = IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension, VectorCodec.Binary);
        VectorIndex exact = IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension);
        double few = TestVectors.Recall(index, exact, Queries, 10, new SearchOptions { Rescore = 10 });
        double many = TestVectors.Recall(index, exact, Queries, 10, new SearchOptions { Rescore = Count });

        Assert.True(few < many);
        Assert.Equal(1, many);
    }

    [Fact]
    public void AVectorOutOfTheRangeOfHalfPrecisionIsNamedAndNothingIsAdded()
    {
        VectorIndex index = IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension, VectorCodec.Float16);
        float[] large = new float[2 * Dimension];
        large[Dimension] = 70000;

        Assert.Contains("Vector 1 is out of the codec's range", Assert.Throws<ArgumentException>(() => index.Add(large)).Message);
        Assert.Equal(Count, index.NextId);
    }

    // Most of what distinguishes embeddings lies in few of their directions, which is what coarse codes live on: 12 here.
    private static float[] Embeddings(int count, int seed)
    {
        const int Directions = 12;
        float[] hidden = TestVectors.Clustered(count, Directions, 5, seed);
        float[] map = TestVectors.Clustered(Directions, Dimension, 1, 1);
        float[] noise = TestVectors.Clustered(count, Dimension, 1, seed + 1);
        float[] vectors = new float[count * Dimension];
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i] = 0.1f * noise[i];
            for (int j = 0; j < Directions; j++)
                vectors[i] += hidden[i / Dimension * Directions + j] * map[j * Dimension + i % Dimension];
        }
        return vectors;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void SearchesGoOnWhileVectorsComeAndGo(AnnIndexKind kind, VectorCodec codec) => IndexStress.Run(kind, TimeSpan.FromSeconds(0.2), codec);
}

// Adding, deleting and compacting, which every kind of index must do alike.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class IndexChangeTests
{
    private const int Dimension = 24;
    private const int Count = 1500;

    private static readonly float[] Vectors = TestVectors.Clustered(Count, Dimension, 20, 5);
    private static readonly float[] Queries = TestVectors.Clustered(60, Dimension, 20, 6);

    public static TheoryData<AnnIndexKind> Kinds => IndexKinds.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AddedVectorsHaveTheNextIdsAndAreFound(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(600 * Dimension)], Dimension);

        Assert.Equal(600, index.Add(Vectors.AsSpan(600 * Dimension, Dimension)));
        Assert.Equal(601, index.Add(Vectors.AsSpan(601 * Dimension)));

        Assert.Equal(Count, index.Count);
        Assert.Equal(Count, index.NextId);
        for (int id = 0; id < Count; id += 7)
            Assert.Equal(id, index.Nearest(Vectors[(id * Dimension)..((id + 1) * Dimension)], 1).Ids[0]);
        Assert.True(TestVectors.Recall(index, IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension), Queries, 10) > 0.97);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnIndexOfOneVectorGrowsIntoAWholeOne(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..Dimension], Dimension);
        for (int id = 1; id < Count; id++)
            Assert.Equal(id, index.Add(Vectors.AsSpan(id * Dimension, Dimension)));

        Assert.True(TestVectors.Recall(index, IndexKinds.Build(AnnIndexKind.Flat, Vectors, Dimension), Queries, 10, new SearchOptions { EfSearch = 200 }) > 0.95);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void DeletedVectorsAreNotFoundAndCostNoOthers(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors, Dimension);
        for (int id = 0; id < Count; id++)
            Assert.Equal(id % 3 != 0, id % 3 != 0 || !index.Delete(id));

        Assert.False(index.Delete(0));
        Assert.False(index.Delete(Count));
        Assert.False(index.Delete(-1));
        Assert.Equal(Count - Count / 3, index.Count);
        Assert.Equal(Count / 3, index.DeletedCount);
        Assert.True(index.Contains(1));
        Assert.False(index.Contains(3));
        Assert.True(RecallAmong(index, id => id % 3 != 0, null) > 0.97);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void CompactingKeepsIdsAndGivesMemoryBack(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors, Dimension);
        long before = index.MemoryBytes;
        for (int id = 0; id < Count; id += 2)
            index.Delete(id);

        index.Compact(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(Count / 2, index.Count);
        Assert.Equal(0, index.DeletedCount);
        Assert.Equal(Count, index.NextId);
        Assert.InRange(index.MemoryBytes, before / 3, before * 7 / 10);
        Assert.True(RecallAmong(index, id => id % 2 != 0, null) > 0.97);
        Assert.False(index.Contains(2));
        Assert.False(index.Delete(2));
        Assert.True(index.Delete(3));
        float[] copy = new float[Dimension];
        index.CopyVector(5, copy);
        Assert.Equal(Vectors[(5 * Dimension)..(6 * Dimension)], copy);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.CopyVector(4, copy));
        Assert.Equal(Count, index.Add(Vectors.AsSpan(0, Dimension)));
        Assert.Equal(Count, index.Nearest(Vectors[..Dimension], 1).Ids[0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnIndexWithoutVectorsFindsNothingAndCannotBeCompacted(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(2 * Dimension)], Dimension);
        index.Delete(0);
        index.Delete(1);

        Assert.Equal(0, index.Search(Queries.AsSpan(0, Dimension), 3, new int[3], new float[3]));
        Assert.Contains("All vectors", Assert.Throws<InvalidOperationException>(() => index.Compact()).Message);
        Assert.Equal(2, index.Add(Vectors.AsSpan(0, Dimension)));
        Assert.Equal([2, -1, -1], index.Nearest(Queries[..Dimension], 3).Ids);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatCannotBeIndexedIsNamedAndNothingIsAdded(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(9 * Dimension)], Dimension, metric: AnnMetric.Cosine);
        float[] bad = Vectors[..(3 * Dimension)];
        bad[2 * Dimension + 1] = float.NaN;
        float[] zero = new float[Dimension];

        Assert.Contains("Vector 2 holds NaN", Assert.Throws<ArgumentException>(() => index.Add(bad)).Message);
        Assert.Contains("Vector 0 is all zeros", Assert.Throws<ArgumentException>(() => index.Add(zero)).Message);
        Assert.Contains("dimension 24", Assert.Throws<ArgumentException>(() => index.Add(new float[Dimension + 1])).Message);
        Assert.Throws<ArgumentException>(() => index.Add([]));
        Assert.Equal(9, index.Count);
        Assert.Equal(9, index.NextId);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void FiltersCostNoRecallHoweverFewTheyAccept(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors, Dimension);
        foreach (int every in new[] { 2, 10, 100 })
        {
            bool Accepts(int id) => id % every == 1;
            AllowList allowed = new(Enumerable.Range(0, Count + 50).Where(Accepts));
            Assert.True(RecallAmong(index, Accepts, new SearchOptions { Filter = Accepts }) > 0.97);
            Assert.True(RecallAmong(index, Accepts, new SearchOptions { AllowList = allowed }) > 0.97);
            Assert.True(RecallAmong(index, id => Accepts(id) && id % 4 == 1, new SearchOptions { AllowList = allowed, Filter = id => id % 4 == 1 }) > 0.97);
        }
        Assert.Equal([-1, -1], index.Nearest(Queries[..Dimension], 2, new SearchOptions { Filter = _ => false }).Ids);
        Assert.Equal([-1, -1], index.Nearest(Queries[..Dimension], 2, new SearchOptions { AllowList = new AllowList([]) }).Ids);
        Assert.Equal([42, -1], index.Nearest(Queries[..Dimension], 2, new SearchOptions { AllowList = new AllowList([42, 42]) }).Ids);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void CopiesAddedLaterAreFoundBesideTheFirst(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(500 * Dimension)], Dimension);
        float[] query = Vectors[..Dimension];
        for (int i = 0; i < 200; i++)
            index.Add(query);
        index.Delete(0);
        index.Delete(510);

        Assert.Equal([500, 501, 502, 503], index.Nearest(query, 4).Ids);
        Assert.Equal([509, 511], index.Nearest(query, 2, new SearchOptions { Filter = id => id >= 509 }).Ids);
        Assert.Equal(198, index.Nearest(query, 250).Distances.Count(distance => distance == 0) - 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ACancelledAdditionAddsNothing(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(100 * Dimension)], Dimension);

        Assert.Throws<OperationCanceledException>(() => index.Add(Vectors.AsSpan(100 * Dimension), cancellation: new CancellationToken(true)));

        Assert.Equal(100, index.Count);
        Assert.True(RecallAmong(index, id => id < 100, null) > 0.99);
        Assert.Equal(100, index.Add(Vectors.AsSpan(0, Dimension)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnAdditionThatIsCancelledHalfwayAddsNothing(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(100 * Dimension)], Dimension);
        using CancellationTokenSource cancellation = new();

        Assert.Throws<OperationCanceledException>(() => index.Add(Vectors.AsSpan(100 * Dimension), new ProgressListener(_ => cancellation.Cancel()), cancellation.Token));

        Assert.Equal(100, index.Count);
        Assert.True(RecallAmong(index, id => id < 100, null) > 0.99);
        Assert.Equal(Count, index.Add(Vectors.AsSpan(0, Dimension)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void VectorsAddedRightAfterBuildingHaveTheirIdsWhateverIsKept(AnnIndexKind kind)
    {
        foreach (VectorCodec codec in Enum.GetValues<VectorCodec>())
        {
            foreach (Rescoring rescoring in Enum.GetValues<Rescoring>())
            {
                VectorIndex index = IndexKinds.Build(kind, Vectors[..(50 * Dimension)], Dimension, codec, rescoring: rescoring);
                Assert.Equal(50, index.Add(Vectors.AsSpan(50 * Dimension, 2 * Dimension)));
                Assert.Equal(52, index.Count);
                Assert.Contains(51, index.Nearest(Vectors[(51 * Dimension)..(52 * Dimension)], 3).Ids);
                Assert.Equal(52, VectorIndex.Load(new MemoryStream(index.Bytes())).Count);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ManyCopiesCostNoRecallThroughAFilterADeletionOrCodes(AnnIndexKind kind)
    {
        // A hundred copies of each of 30 vectors: the nearest to a query that are not copies are found only beyond all of them.
        float[] copies = [.. Enumerable.Range(0, 100).SelectMany(_ => Vectors[..(30 * Dimension)])];
        VectorIndex index = IndexKinds.Build(kind, copies, Dimension, VectorCodec.Ternary);
        index.Delete(0);
        SearchOptions oneOfEach = new() { Filter = id => id is >= 60 and < 90 };
        for (int q = 0; q < Queries.Length; q += Dimension)
        {
            float[] query = Queries[q..(q + Dimension)];
            int[] truth = [.. Enumerable.Range(60, 30).OrderBy(id => Squared(query, id - 60)).Take(5)];
            Assert.Equal(truth, index.Nearest(query, 5, oneOfEach).Ids);
        }
    }

    [Fact]
    public void CopiesThatDrewAHighLevelDoNotKeepAFileFromLoading()
    {
        HnswIndex index = (HnswIndex)IndexKinds.Build(AnnIndexKind.Hnsw, Vectors[..(20 * Dimension)], Dimension);
        for (int i = 0; i < 300; i++)
            index.Add(Vectors.AsSpan(0, 20 * Dimension));

        Assert.True(index.Graph.Levels.ToArray().Max() > index.Graph.Level(index.Graph.Entry));
        Assert.Equal(index.Count, VectorIndex.Load(new MemoryStream(index.Bytes())).Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void MostVectorsDeletedCostNoRecall(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors, Dimension);
        for (int id = 0; id < Count; id++)
        {
            if (id % 20 != 0)
                index.Delete(id);
        }
        Assert.True(RecallAmong(index, id => id % 20 == 0, new SearchOptions { NProbe = kind == AnnIndexKind.Ivf ? 6 : 0 }) > 0.97);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnyNumberOfNeighboursAndCandidatesMayBeAskedFor(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(300 * Dimension)], Dimension, VectorCodec.Int8);
        index.Delete(7);
        SearchOptions all = new() { EfSearch = int.MaxValue, NProbe = int.MaxValue, Rescore = int.MaxValue };

        Assert.Equal(299, index.Search(Queries.AsSpan(0, Dimension), 1000, new int[1000], new float[1000], all));
        Assert.Equal(5, index.Search(Queries.AsSpan(0, Dimension), 5, new int[5], new float[5], all with { Filter = id => id != 3 }));
        Assert.Contains("EfSearch", Assert.Throws<ArgumentOutOfRangeException>(() => index.Nearest(Queries[..Dimension], 1, new SearchOptions { EfSearch = -1 })).Message);
        Assert.Contains("Rescore", Assert.Throws<ArgumentOutOfRangeException>(() => index.Nearest(Queries[..Dimension], 1, new SearchOptions { Rescore = -1 })).Message);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatAFilterThrowsComesOutOfABatchAsItIs(AnnIndexKind kind)
    {
        VectorIndex index = IndexKinds.Build(kind, Vectors[..(300 * Dimension)], Dimension);
        SearchOptions bad = new() { Filter = _ => throw new InvalidTimeZoneException(), Threads = 2 };

        Assert.Throws<InvalidTimeZoneException>(() => index.SearchBatch(Queries, 3, new int[180], new float[180], bad));
    }

    // The share of the nearest accepted vectors that an index finds.
    private static double RecallAmong(VectorIndex index, Func<int, bool> accepts, SearchOptions? options)
    {
        int hits = 0, expected = 0;
        for (int q = 0; q < Queries.Length; q += Dimension)
        {
            float[] query = Queries[q..(q + Dimension)];
            int[] truth = [.. Enumerable.Range(0, Count).Where(accepts).Where(index.Contains).OrderBy(id => Squared(query, id)).Take(10)];
            int[] found = [.. index.Nearest(query, 10, options).Ids.Where(id => id >= 0)];
            Assert.All(found, id => Assert.True(accepts(id)));
            hits += found.Intersect(truth).Count();
            expected += truth.Length;
        }
        return hits / (double)expected;
    }

    private static double Squared(float[] query, int id)
    {
        double sum = 0;
        for (int i = 0; i < Dimension; i++)
            sum += Math.Pow(query[i] - Vectors[id * Dimension + i], 2);
        return sum;
    }
}

// Building and searching, where every kind of index must behave alike: progress, cancellation, what is allocated, copies, odd sizes.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class IndexBuildTests
{
    private const int Dimension = 32;
    private const int Count = 4000;

    private static readonly float[] Vectors = TestVectors.Clustered(Count, Dimension, 40, 1);
    private static readonly float[] Queries = TestVectors.Clustered(200, Dimension, 40, 2);

    public static TheoryData<AnnIndexKind> Kinds => IndexKinds.Kinds;

    // A flat index is built at once.
    public static TheoryData<AnnIndexKind, int> KindsThatAreBuilt =>
        new(from kind in Enum.GetValues<AnnIndexKind>() where kind != AnnIndexKind.Flat from threads in new[] { 1, 2 } select (kind, threads));

    [Theory]
    [MemberData(nameof(KindsThatAreBuilt))]
    public void ABuildReportsProgressAndStopsWhenCancelled(AnnIndexKind kind, int threads)
    {
        using CancellationTokenSource cancellation = new();
        List<IndexBuildProgress> reports = [];
        ProgressListener progress = new(report =>
        {
            reports.Add(report);
            cancellation.Cancel();
        });

        Assert.Throws<OperationCanceledException>(() => Build(kind, threads, progress, cancellation.Token));
        Assert.NotEmpty(reports);
        Assert.All(reports, report => Assert.InRange(report.Done, 1, Count - 1));
        Assert.All(reports, report => Assert.Equal(Count, report.Total));
    }

    [Theory]
    [MemberData(nameof(KindsThatAreBuilt))]
    public void ProgressAscendsToTheCount(AnnIndexKind kind, int threads)
    {
        List<IndexBuildProgress> reports = [];
        Build(kind, threads, new ProgressListener(reports.Add), TestContext.Current.CancellationToken);

        if (threads == 1)
            Assert.Equal(reports.Select(report => report.Done).Order(), reports.Select(report => report.Done));
        Assert.InRange(reports.Count, 3, 110);
        Assert.Equal(new IndexBuildProgress(Count, Count), reports[^1]);
    }

    [Theory]
    [MemberData(nameof(KindsThatAreBuilt))]
    public void WhatAProgressListenerThrowsEndsTheBuild(AnnIndexKind kind, int threads)
    {
        ProgressListener progress = new(_ => throw new InvalidOperationException("listener"));

        Assert.Equal("listener", Assert.Throws<InvalidOperationException>(() => Build(kind, threads, progress, TestContext.Current.CancellationToken)).Message);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ASearchAllocatesNothingOnceWarm(AnnIndexKind kind)
    {
        foreach (VectorCodec codec in Enum.GetValues<VectorCodec>())
        {
            VectorIndex index = IndexKinds.Build(kind, Vectors[..(1000 * Dimension)], Dimension, codec);
            index.Add(Vectors.AsSpan(1000 * Dimension, 100 * Dimension));
            int[] ids = new int[60];
            float[] distances = new float[60];
            SearchOptions?[] options = [null, new() { NProbe = 4, EfSearch = 50 }, new() { NProbe = 1 }, new() { Filter = id => id % 9 == 0 }];
            void Search(int round)
            {
                for (int i = 0; i < 120; i++)
                    index.Search(Queries.AsSpan(i * Dimension, Dimension), 60, ids, distances, options[(i + round) % options.Length]);
            }
            for (int round = 0; round < options.Length; round++)
                Search(round);

            long before = GC.GetAllocatedBytesForCurrentThread();
            Search(0);

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WhatCannotBeIndexedIsNamed(AnnIndexKind kind)
    {
        Assert.Contains("not one or more whole vectors", Refusal(kind, [], 3));
        Assert.Contains("not one or more whole vectors", Refusal(kind, [1, 2, 3], 2));
        Assert.Contains("Vector 1 holds NaN", Refusal(kind, [1, 2, 3, float.NaN], 2));
        Assert.Contains("Vector 0 is all zeros", Refusal(kind, [0, 0], 2));
    }

    private static string Refusal(AnnIndexKind kind, float[] vectors, int dimension) =>
        Assert.Throws<ArgumentException>(() => IndexKinds.Build(kind, vectors, dimension, metric: AnnMetric.Cosine)).Message;

    private static VectorIndex Build(AnnIndexKind kind, int threads, IProgress<IndexBuildProgress> progress, CancellationToken cancellation) => kind switch
    {
        AnnIndexKind.Ivf => IvfIndex.Build(Vectors, Dimension, new IvfOptions { Threads = threads }, progress, cancellation),
        AnnIndexKind.Lsh => LshIndex.Build(Vectors, Dimension, new LshOptions { Threads = threads }, progress, cancellation),
        _ => HnswIndex.Build(Vectors, Dimension, new HnswOptions { Threads = threads }, progress, cancellation),
    };
}

// The tuner on small clustered data: what it promises of its choice, its frontier and its limits.
using System.Globalization;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Tuning;

public sealed class AnnIndexTunerTests
{
    private const int Dimension = 24;

    private static readonly float[] Data = TestVectors.Clustered(3000, Dimension, 60, seed: 1);
    private static readonly float[] Vectors = Data[..(2500 * Dimension)];
    private static readonly float[] FreshQueries = Data[(2500 * Dimension)..];

    private static readonly HnswOptions[] SomeStructures = [new() { M = 4, EfConstruction = 20 }, new() { M = 8, EfConstruction = 60 }];

    [Theory]
    [InlineData(AnnMetric.L2, 0.9)]
    [InlineData(AnnMetric.Cosine, 0.99)]
    [InlineData(AnnMetric.InnerProduct, 0.9)]
    public void TheChoiceReachesTheTargetOnQueriesThatTuningHasNotSeen(AnnMetric metric, double target)
    {
        AnnTuningResult result = Tune(Quick with { Metric = metric, RecallTarget = target });
        Assert.True(result.ReachedTarget);
        Assert.True(result.Best.Recall >= target);
        VectorIndex index = result.Build(Vectors, cancellation: Token);
        double fresh = TestVectors.Recall(index, FlatIndex.Build(Vectors, Dimension, metric), FreshQueries, 10);
        Assert.True(fresh >= target - 0.03, $"{fresh} on fresh queries");
    }

    [Fact]
    public void AlongTheFrontierRecallRisesAndSpeedFallsAndTheChoiceIsOnIt()
    {
        AnnTuningResult result = Tune(Quick);
        Assert.Contains(result.Best, result.Frontier);
        foreach ((AnnTuningTrial left, AnnTuningTrial right) in result.Frontier.Zip(result.Frontier.Skip(1)))
        {
            Assert.True(left.Recall < right.Recall);
            Assert.True(left.QueriesPerSecond > right.QueriesPerSecond);
        }
        Assert.Equal(1, result.Frontier[^1].Recall);
    }

    [Fact]
    public void TheEffortChosenIsTheLeastOfThoseTriedThatReachesTheTarget()
    {
        AnnTuningResult result = Tune(Quick with { RecallTarget = 0.97, Candidates = [SomeStructures[0]] });
        AnnTuningTrial[] graph = [.. result.Trials.Where(trial => trial.Kind == AnnIndexKind.Hnsw).OrderBy(Ef)];
        AnnTuningTrial least = graph.First(trial => trial.Recall - trial.RecallStandardError >= 0.97);
        AnnTuningTrial below = graph.Last(trial => trial.Recall - trial.RecallStandardError < 0.97);
        Assert.True(Ef(below) < Ef(least), "recall grows with effort here");
        Assert.True(Ef(least) - Ef(below) <= Math.Max(1, Ef(below) * 0.05), $"{Ef(below)} falls short and {Ef(least)} does not: bisection ended too early");
        Assert.Contains(graph, trial => Ef(trial) >= 2 * Ef(least));
    }

    [Fact]
    public void TheSameSeedGivesTheSameTrials()
    {
        Assert.Equal(Described(Tune(Quick with { Seed = 5 })), Described(Tune(Quick with { Seed = 5, Threads = 1 })));
        Assert.NotEqual(Described(Tune(Quick with { Seed = 5 })), Described(Tune(Quick with { Seed = 6 })));
    }

    [Fact]
    public void LargerDataIsTriedOnSamplesFirstAndTheBestOnAllOfIt()
    {
        float[] many = TestVectors.Clustered(4400, Dimension, 60, seed: 2);
        AnnTuningOptions options = Quick with { SampleLimit = 1000, Candidates = null, Kinds = [AnnIndexKind.Hnsw], Codecs = [VectorCodec.Float32], Queries = 200 };
        AnnTuningResult result = AnnIndexTuner.Tune(many, Dimension, options, null, Token);
        Assert.Equal([250, 1000, 4200], result.Trials.Select(trial => trial.Vectors).Distinct());
        Assert.All(result.Frontier, trial => Assert.Equal(4200, trial.Vectors));
        Assert.Empty(result.Notes);
        int Graphs(int vectors) => result.Trials.Where(trial => trial.Vectors == vectors && trial.Kind == AnnIndexKind.Hnsw)
            .Select(trial => ((HnswOptions)trial.IndexOptions).M).Distinct().Count();
        Assert.Equal((5, 3, 3), (Graphs(250), Graphs(1000), Graphs(4200)));
    }

    [Fact]
    public void ExactSearchIsFoundWhereEveryNeighbourIsAskedFor()
    {
        AnnTuningResult result = Tune(Quick with { RecallTarget = 1, Kinds = [AnnIndexKind.Flat], Codecs = [VectorCodec.Float32], Candidates = null });
        Assert.IsType<FlatOptions>(result.Best.IndexOptions);
        Assert.Equal((1, 0), (result.Best.Recall, result.Best.RecallStandardError));
        Assert.IsType<FlatIndex>(result.Build(Vectors, cancellation: Token));
    }

    [Fact]
    public void EveryKindAndCodecIsTriedUnlessToldOtherwise()
    {
        AnnTuningResult result = Tune(Quick with { Candidates = null });
        Assert.Equal(
            from kind in Enum.GetValues<AnnIndexKind>() from form in TunedForms.All select (kind, form.Codec),
            result.Trials.Select(trial => (trial.Kind, trial.IndexOptions.Codec)).Distinct().Order());
        Assert.All(result.Trials, trial => Assert.True(trial.QueriesPerSecond > 0 && trial.BuildSeconds >= 0));
    }

    // A kind may give the tuner one structure for all codecs; it must be the one that building gives.
    [Theory]
    [InlineData(VectorCodec.Float16)]
    public void AStructureSharedWithAnotherCodecIsTheOneThatIsBuilt(VectorCodec codec)
    {
        VectorStore store = VectorStoreFactory.Create(Vectors, Dimension, AnnMetric.L2);
        foreach (TunedKind kind in TunedKinds.All)
        {
            VectorIndexOptions options = kind.Structures[0](store.Count) with { Metric = AnnMetric.L2 }, coded = options with { Codec = codec };
            VectorIndex? shared = kind.Recode(kind.Build(store, options, null, Token), store, coded, Token);
            if (shared is not null)
                Assert.Equal(kind.Build(store, coded, null, Token).Bytes(), shared.Bytes());
        }
    }

    [Fact]
    public void AnInvertedFileIsSweptByItsListsAndKeepsWhatWasChosen()
    {
        AnnTuningResult result = Tune(Quick with { Candidates = [new IvfOptions { NList = 40 }] });
        AnnTuningTrial[] trials = [.. result.Trials.Where(trial => trial.Kind == AnnIndexKind.Ivf).OrderBy(trial => trial.SearchOptions.NProbe)];
        Assert.Equal(1, trials[0].SearchOptions.NProbe);
        Assert.All(trials, trial => Assert.Equal(trial.SearchOptions.NProbe, ((IvfOptions)trial.IndexOptions).NProbe));
        IvfIndex index = Assert.IsType<IvfIndex>(result.Build(Vectors, trials[^1], null, Token));
        Assert.Equal((40, trials[^1].SearchOptions.NProbe), (index.ListCount, index.Options.NProbe));
    }

    [Fact]
    public void NeighboursAsNearAsTheLastTrueOneCountAsFound()
    {
        // All vectors are one: any ten of them are right.
        float[] equal = [.. Enumerable.Repeat(1f, 600)];
        AnnTuningResult result = AnnIndexTuner.Tune(equal, 2, new float[] { 3, 4, 5, 6 }, Quick with { Metric = AnnMetric.L2 }, null, Token);
        Assert.All(result.Trials, trial => Assert.Equal(1, trial.Recall));
    }

    [Fact]
    public void AMemoryLimitIsKept()
    {
        AnnTuningResult free = Tune(Quick);
        double most = free.Trials.Where(trial => trial.Kind == AnnIndexKind.Hnsw).Min(trial => trial.BytesPerVector) + 1;
        AnnTuningResult bounded = Tune(Quick with { MaxBytesPerVector = most });
        Assert.All(bounded.Frontier, trial => Assert.True(trial.BytesPerVector <= most));
        Assert.DoesNotContain(bounded.Trials, trial => trial.IndexOptions is HnswOptions { M: 8 });
        VectorIndex index = bounded.Build(Vectors, cancellation: Token);
        Assert.True(index.MemoryBytes <= most * index.Count * 1.02);
    }

    [Fact]
    public void MemoryOnASampleIsForeseenForAllVectors()
    {
        float[] many = TestVectors.Clustered(4400, Dimension, 60, seed: 2);
        AnnTuningResult result = AnnIndexTuner.Tune(many, Dimension, Quick with { SampleLimit = 1000, Candidates = null, Queries = 200, RecallTarget = 0.6 }, null, Token);
        foreach (IGrouping<AnnIndexKind, AnnTuningTrial> kind in result.Trials.Where(trial => trial.Vectors == 250).GroupBy(trial => trial.Kind))
        {
            AnnTuningTrial trial = kind.First();
            VectorIndexOptions options = trial.IndexOptions is IvfOptions ivf ? ivf with { NList = (int)Math.Round(ivf.NList * Math.Sqrt(4200 / 250.0)) } : trial.IndexOptions;
            VectorIndex index = result.Build(many.AsSpan(0, 4200 * Dimension), trial with { IndexOptions = options }, null, Token);
            Assert.InRange(trial.BytesPerVector / (index.MemoryBytes / 4200.0), 0.95, 1.05);
        }
    }

    [Fact]
    public void AMemoryLimitThatNothingFitsInIsNamedWithTheLeastThatWould()
    {
        string message = Assert.Throws<InvalidOperationException>(() => Tune(Quick with { MaxBytesPerVector = 50 })).Message;
        Assert.Contains("MaxBytesPerVector = 50", message);
        // 24 components on two cache lines, and an id.
        int least = int.Parse(message.Split("takes ")[1].Split(';', '.')[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        Assert.InRange(least, 128, 140);
    }

    [Fact]
    public void ATimeLimitTooShortForAnythingStillGivesExactSearch()
    {
        AnnTuningResult result = Tune(Quick with { TimeLimit = TimeSpan.FromTicks(1) });
        Assert.True(result.TimedOut);
        Assert.Contains("TimeLimit", Assert.Single(result.Notes));
        Assert.IsType<FlatOptions>(result.Best.IndexOptions);
        Assert.True(result.Best.QueriesPerSecond > 0);
    }

    [Fact]
    public void WhatTheFirstSampleToldIsUsedWhereTimeEndsThere()
    {
        float[] many = TestVectors.Clustered(4400, Dimension, 60, seed: 2);
        AnnTuningOptions options = Quick with { SampleLimit = 1000, TimeLimit = TimeSpan.FromSeconds(4), Queries = 200 };
        // The second stage's first message takes longer than there is.
        AnnTuningResult result = AnnIndexTuner.Tune(many, Dimension, options, new Listener(progress =>
        {
            if (progress.Message.StartsWith("1,000 vectors: exact", StringComparison.Ordinal))
                Thread.Sleep(options.TimeLimit);
        }), Token);
        Assert.True(result.TimedOut);
        Assert.Equal(250, result.Best.Vectors);
        Assert.Equal(4200, result.Vectors);
        Assert.Contains("sample of 250", Assert.Single(result.Notes));
    }

    [Fact]
    public void CancellingEndsItWithAnException()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => AnnIndexTuner.Tune(Vectors, Dimension, Quick, null, source.Token));
        using CancellationTokenSource later = new();
        Listener cancels = new(progress =>
        {
            if (progress.Trials > 0)
                later.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => AnnIndexTuner.Tune(Vectors, Dimension, Quick, cancels, later.Token));
    }

    [Fact]
    public void ProgressCountsTrialsAndSaysWhatWasFound()
    {
        List<AnnTuningProgress> heard = [];
        AnnTuningResult result = AnnIndexTuner.Tune(Vectors, Dimension, Quick, new Listener(heard.Add), Token);
        Assert.Equal(result.Trials.Count, heard[^1].Trials);
        Assert.Equal(heard.Select(progress => progress.Trials).Order(), heard.Select(progress => progress.Trials));
        Assert.Contains(heard, progress => progress.Message.Contains("built Hnsw Float32 M=4 efConstruction=20", StringComparison.Ordinal));
        Assert.Contains(heard, progress => progress.Message.Contains("recall@10", StringComparison.Ordinal));
    }

    [Fact]
    public void VectorsThatComeOneByOneGiveTheSameTrials()
    {
        AnnTuningResult expected = AnnIndexTuner.Tune(Vectors, Dimension, FreshQueries, Quick, null, Token);
        AnnTuningResult result = AnnIndexTuner.Tune(Vectors.Chunk(Dimension), FreshQueries.Chunk(Dimension), Quick, null, Token);
        Assert.Equal(Described(expected), Described(result));
        Assert.Equal(2500, result.Vectors);
        Assert.Equal(2250, AnnIndexTuner.Tune(Vectors.Chunk(Dimension), null, Quick, null, Token).Vectors);
        Assert.Equal(2500, result.Build(Vectors.Chunk(Dimension), cancellation: Token).Count);
    }

    [Fact]
    public void WrongVectorsAndQueriesAreNamed()
    {
        AnnTuningOptions options = Quick with { Metric = AnnMetric.Cosine };
        Assert.Contains("whole vectors", Refusal(() => AnnIndexTuner.Tune(Vectors.AsSpan(1), Dimension, options, null, Token)));
        Assert.Contains("whole queries", Refusal(() => AnnIndexTuner.Tune(Vectors, Dimension, FreshQueries.AsSpan(1), options, null, Token)));
        Assert.Contains("Query 1 is all zeros", Refusal(() => AnnIndexTuner.Tune(Vectors, Dimension, [.. FreshQueries[..Dimension], .. new float[Dimension]], options, null, Token)));
        Assert.Contains("Query 1 has 23", Refusal(() => AnnIndexTuner.Tune(Vectors.Chunk(Dimension), [new float[Dimension], new float[Dimension - 1]], options, null, Token)));
        Assert.Contains("too few", Refusal(() => AnnIndexTuner.Tune(Vectors.AsSpan(0, 11 * Dimension), Dimension, options, null, Token)));
        Assert.Contains("too few", Refusal(() => AnnIndexTuner.Tune(Vectors.AsSpan(0, 10 * Dimension), Dimension, FreshQueries, options, null, Token)));
        Assert.Contains("dimension 23", Refusal(() => Tune(Quick).Build([new float[23]], cancellation: Token)));
    }

    private static AnnTuningOptions Quick => new()
    {
        Metric = AnnMetric.L2,
        RecallTarget = 0.9,
        Candidates = SomeStructures,
        TimeLimit = TimeSpan.FromSeconds(30),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static AnnTuningResult Tune(AnnTuningOptions options) => AnnIndexTuner.Tune(Vectors, Dimension, options, null, Token);

    private static int Ef(AnnTuningTrial trial) => trial.SearchOptions.EfSearch;

    private static string Refusal(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;

    private static IEnumerable<(VectorIndexOptions Index, SearchOptions Search, double Recall, int Vectors, double Bytes)> Described(AnnTuningResult result) =>
        result.Trials.Select(trial => (trial.IndexOptions with { Seed = 0 }, trial.SearchOptions, trial.Recall, trial.Vectors, trial.BytesPerVector));

    private sealed class Listener(Action<AnnTuningProgress> hear) : IProgress<AnnTuningProgress>
    {
        public void Report(AnnTuningProgress value) => hear(value);
    }
}

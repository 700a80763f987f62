// What is made of trials, on trials made by hand.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Tuning;

public sealed class AnnTuningResultTests
{
    private static readonly AnnTuningTrial Exact = Trial(new FlatOptions { Metric = AnnMetric.L2 }, new(), 1, 0, 320, 0.05, 3136);
    private static readonly AnnTuningTrial Fast = Graph(16, 20, 0.94, 21234);
    private static readonly AnnTuningTrial Enough = Graph(16, 40, 0.9612, 15000);
    private static readonly AnnTuningTrial More = Graph(24, 80, 0.99, 9000);
    private static readonly AnnTuningTrial Beaten = Graph(8, 90, 0.96, 14000);

    [Fact]
    public void TheFrontierLeavesOutWhatAnotherBeatsAndTheFastestThatReachesTheTargetIsChosen()
    {
        AnnTuningResult result = Result(new() { Metric = AnnMetric.L2 }, Exact, Beaten, More, Enough, Fast);
        Assert.Equal([Fast, Enough, More, Exact], result.Frontier);
        Assert.Same(Enough, result.Best);
        Assert.True(result.ReachedTarget);
        Assert.Empty(result.Notes);
    }

    [Fact]
    public void RecallMustReachTheTargetByAStandardError()
    {
        AnnTuningResult result = Result(new() { RecallTarget = 0.96 }, Exact, Enough, More);
        Assert.Same(More, result.Best);
        AnnTuningTrial certain = Enough with { RecallStandardError = 0.001 };
        Assert.Same(certain, Result(new() { RecallTarget = 0.96 }, Exact, certain, More).Best);
    }

    [Fact]
    public void WhatIsBetterInBothIsChosenThoughItsRecallIsLessCertain()
    {
        AnnTuningTrial certain = Enough with { Recall = 0.955, RecallStandardError = 0, QueriesPerSecond = 14500 };
        AnnTuningTrial uncertain = Enough with { RecallStandardError = 0.02 };
        AnnTuningResult result = Result(new(), Exact, certain, uncertain);
        Assert.Same(uncertain, result.Best);
        Assert.True(result.ReachedTarget);
    }

    [Fact]
    public void ATargetThatNothingReachesGivesTheHighestRecallAndSaysSo()
    {
        AnnTuningResult result = Result(new() { RecallTarget = 0.999, MaxBytesPerVector = 3600 }, Fast, More, Enough);
        Assert.Same(More, result.Best);
        Assert.False(result.ReachedTarget);
        Assert.Equal("Nothing reached the recall target 0.999: this is the highest recall found. Allow more memory, time, Kinds or Codecs.", Assert.Single(result.Notes));
    }

    [Fact]
    public void WhatTakesTooMuchMemoryIsNotChosen()
    {
        AnnTuningResult result = Result(new() { MaxBytesPerVector = 3200 }, Exact, Enough, More);
        Assert.Equal([Exact], result.Frontier);
        Assert.Same(Exact, result.Best);
    }

    [Fact]
    public void TheTableIsAligned()
    {
        AnnTuningResult result = Result(new() { Metric = AnnMetric.L2 }, Exact, Beaten, More, Enough, Fast);
        AssertPrints(result, """
            Recall target 0.95 at k = 10, L2: 60,000 vectors of dimension 784, 1,000 queries one by one on one thread.
            5 trials in 83 s. Speeds hold for this machine.

               kind  codec    rescoring  parameters                           recall@10      +-  queries/s     MB  build s
               Hnsw  Float32             M=16 efConstruction=200 efSearch=20     0.9400  0.0020     21,234  210.0     19.3
            *  Hnsw  Float32             M=16 efConstruction=200 efSearch=40     0.9612  0.0020     15,000  210.0     19.3
               Hnsw  Float32             M=24 efConstruction=200 efSearch=80     0.9900  0.0020      9,000  210.0     19.3
               Flat  Float32                                                     1.0000  0.0000        320  188.2      0.1

            HnswIndex index = HnswIndex.Build(vectors, 784, new HnswOptions { Metric = AnnMetric.L2, EfSearch = 40 });

            """);
    }

    [Fact]
    public void NotesAndSearchOptionsThatAnIndexCannotHoldArePrinted()
    {
        HnswOptions index = new() { Codec = VectorCodec.Ternary, Rescoring = Rescoring.Int8, M = 32, EfSearch = 90, Seed = 7 };
        AnnTuningTrial sampled = Trial(index, new SearchOptions { EfSearch = 90, Rescore = 30 }, 0.97, 0.001, 1000, 2, 1200) with { Vectors = 20_000 };
        AssertPrints(Result(new() { TimeLimit = TimeSpan.FromSeconds(1) }, timedOut: true, sampled), """
            Recall target 0.95 at k = 10, Cosine: 60,000 vectors of dimension 784, 1,000 queries one by one on one thread.
            1 trials in 83 s. Speeds hold for this machine.

               kind  codec    rescoring  parameters                                      recall@10      +-  queries/s    MB  build s
            *  Hnsw  Ternary  Int8       M=32 efConstruction=200 efSearch=90 rescore=30     0.9700  0.0010      1,000  72.0      2.0

            Time was up before the best could be measured on all 60,000 vectors: figures are of a sample of 20,000, and recall and speed will be lower on all. Raise TimeLimit.
            HnswIndex index = HnswIndex.Build(vectors, 784, new HnswOptions { Codec = VectorCodec.Ternary, Rescoring = Rescoring.Int8, Seed = 7, M = 32, EfSearch = 90 });
            index.Search(query, 10, ids, distances, new SearchOptions { Rescore = 30 });

            """);
    }

    private static void AssertPrints(AnnTuningResult result, string expected)
    {
        StringWriter writer = new() { NewLine = "\n" };
        result.Print(writer);
        Assert.Equal(expected.ReplaceLineEndings("\n"), writer.ToString());
    }

    private static AnnTuningResult Result(AnnTuningOptions options, params AnnTuningTrial[] trials) => Result(options, timedOut: false, trials);

    private static AnnTuningResult Result(AnnTuningOptions options, bool timedOut, params AnnTuningTrial[] trials) =>
        new(options, 784, 60_000, 1000, trials, trials, TimeSpan.FromSeconds(83), timedOut);

    private static AnnTuningTrial Graph(int m, int ef, double recall, double speed) =>
        Trial(new HnswOptions { Metric = AnnMetric.L2, M = m, EfSearch = ef }, new SearchOptions { EfSearch = ef }, recall, 0.002, speed, 19.3, 3500);

    private static AnnTuningTrial Trial(
        VectorIndexOptions index, SearchOptions search, double recall, double error, double speed, double build, double bytes) => new()
        {
            IndexOptions = index,
            SearchOptions = search,
            Recall = recall,
            RecallStandardError = error,
            QueriesPerSecond = speed,
            BuildSeconds = build,
            BytesPerVector = bytes,
            Vectors = 60_000,
        };
}

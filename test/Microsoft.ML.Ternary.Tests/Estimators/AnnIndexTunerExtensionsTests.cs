// Tuning for a column, and what was found used in a pipeline.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexTunerExtensionsTests
{
    private const int Dimension = 8;

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void WhatWasFoundForAColumnIsBuiltByAPipeline()
    {
        AnnColumnTuning tuned = _ml.Transforms.TuneNearestNeighbors(Vectors(), "Embedding", Quick, null, TestContext.Current.CancellationToken);
        AnnIndexTransformer search = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", tuned.IndexOptions).Fit(Vectors());
        Assert.Equal(tuned.Result.Best.IndexOptions.GetType(), search.Index.Structure.Options.GetType());
        Assert.Equal(tuned.Result.Best.IndexOptions, search.Index.Structure.Options);
    }

    [Fact]
    public void ExactSearchIsAnOptionOfAPipelineToo()
    {
        AnnColumnTuning tuned = _ml.Transforms.TuneNearestNeighbors(
            Vectors(), "Embedding", Quick with { Candidates = null, Kinds = [AnnIndexKind.Flat] }, null, TestContext.Current.CancellationToken);
        Assert.Equal(AnnIndexKind.Flat, tuned.IndexOptions.Kind);
    }

    public static TheoryData<VectorIndexOptions> Choices =>
    [
        new FlatOptions { Metric = AnnMetric.L2, Codec = VectorCodec.Float16, Seed = 3 },
        new IvfOptions { Metric = AnnMetric.InnerProduct, NList = 30, NProbe = 4, KMeansIterations = 3, TrainingSample = 99 },
        new LshOptions { Tables = 3, Bits = 7, Probes = 20 },
        new HnswOptions { M = 6, EfConstruction = 40, EfSearch = 23, Codec = VectorCodec.Ternary, Rescoring = Rescoring.Float16 },
    ];

    [Theory]
    [MemberData(nameof(Choices))]
    public void EveryKindAndCodecBecomesTheSameIndexInAPipeline(VectorIndexOptions chosen)
    {
        AnnTuningTrial trial = new()
        {
            IndexOptions = chosen,
            SearchOptions = new SearchOptions { Rescore = 17 },
            Recall = 1,
            RecallStandardError = 0,
            QueriesPerSecond = 1000,
            BuildSeconds = 1,
            BytesPerVector = 100,
            Vectors = 3000,
        };
        AnnColumnTuning tuned = new(new AnnTuningResult(new AnnTuningOptions { K = 5 }, Dimension, 3000, 100, [trial], [trial], TimeSpan.FromSeconds(1), false), 5);

        AnnIndexTransformer search = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", tuned.IndexOptions).Fit(Vectors());

        Assert.Equal(chosen, search.Index.Structure.Options);
        Assert.Equal((5, 17), (search.K, search.SearchOptions.Rescore));
    }

    [Fact]
    public void MissingColumnsWrongVectorsAndWrongOptionsAreNamed()
    {
        Assert.Contains("'Vector'", Refusal<ArgumentOutOfRangeException>("Vector", Quick));
        Assert.Contains("RecallTarget", Refusal<ArgumentOutOfRangeException>("Embedding", Quick with { RecallTarget = 2 }));
        IDataView zeros = View([new float[Dimension]]);
        Assert.Contains("row 0", Assert.Throws<InvalidOperationException>(() =>
            _ml.Transforms.TuneNearestNeighbors(zeros, "Embedding", Quick with { Metric = AnnMetric.Cosine }, null, TestContext.Current.CancellationToken)).Message);
        Assert.Contains("no rows", Assert.Throws<InvalidOperationException>(() =>
            _ml.Transforms.TuneNearestNeighbors(View([]), "Embedding", Quick, null, TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public void CancellingTheContextEndsIt()
    {
        MlNet.Cancel(_ml);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            _ml.Transforms.TuneNearestNeighbors(Vectors(), "Embedding", Quick, null, TestContext.Current.CancellationToken));
    }

    private static AnnTuningOptions Quick => new()
    {
        K = 5,
        Metric = AnnMetric.L2,
        RecallTarget = 0.5,
        Seed = 3,
        Candidates = [new HnswOptions { M = 6, EfConstruction = 40 }],
    };

    private string Refusal<TException>(string column, AnnTuningOptions options) where TException : Exception => Assert.ThrowsAny<TException>(() =>
        _ml.Transforms.TuneNearestNeighbors(Vectors(), column, options, null, TestContext.Current.CancellationToken)).Message;

    private IDataView Vectors() => View(TestVectors.Clustered(3000, Dimension, 30, seed: 1).Chunk(Dimension));

    private IDataView View(IEnumerable<float[]> vectors)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(VectorRow));
        schema[nameof(VectorRow.Embedding)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Dimension);
        return _ml.Data.LoadFromEnumerable(vectors.Select(vector => new VectorRow { Embedding = vector }), schema);
    }

    private sealed class VectorRow
    {
        public float[] Embedding { get; set; } = [];
    }
}

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
        HnswOptions chosen = Assert.IsType<HnswOptions>(tuned.Result.Best.IndexOptions);
        Assert.Equal(
            new AnnIndexOptions { Kind = AnnIndexKind.Hnsw, K = 5, Metric = AnnMetric.L2, M = 6, EfConstruction = 40, EfSearch = chosen.EfSearch, Seed = 3 },
            tuned.IndexOptions with { Queries = new AnnIndexOptions().Queries });
        AnnIndexTransformer search = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", tuned.IndexOptions).Fit(Vectors());
        Assert.Equal(chosen, ((HnswIndex)search.Index).Options);
    }

    [Fact]
    public void ExactSearchIsAnOptionOfAPipelineToo()
    {
        AnnColumnTuning tuned = _ml.Transforms.TuneNearestNeighbors(
            Vectors(), "Embedding", Quick with { Candidates = null, Kinds = [AnnIndexKind.Flat] }, null, TestContext.Current.CancellationToken);
        Assert.Equal(AnnIndexKind.Flat, tuned.IndexOptions.Kind);
    }

    [Fact]
    public void EveryKindAndCodecBecomesOptionsOfAPipeline()
    {
        AnnIndexOptions Tuned(VectorIndexOptions candidate) => _ml.Transforms.TuneNearestNeighbors(
            Vectors(), "Embedding", Quick with { Candidates = [candidate], RecallTarget = 0.9, Kinds = null, Codecs = null }, null, TestContext.Current.CancellationToken).IndexOptions;

        Assert.Equal(AnnIndexKind.Ivf, Tuned(new IvfOptions { NList = 30 }).Kind);
        Assert.Equal(AnnIndexKind.Lsh, Tuned(new LshOptions { Tables = 3 }).Kind);
        AnnIndexOptions coded = Tuned(new HnswOptions { M = 6, Codec = VectorCodec.Ternary, Rescoring = Rescoring.Float16 });
        Assert.Equal((VectorCodec.Ternary, Rescoring.Float16, 6), (coded.Codec, coded.Rescoring, coded.M));
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

// Every kind of index over coarse codes in a pipeline: built by it or opened from a file, saved inside the model or beside it.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexKindsTests
{
    private const int Dimension = 16;

    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<AnnIndexKind, VectorCodec> Choices => new(
        from kind in Enum.GetValues<AnnIndexKind>() from codec in new[] { VectorCodec.Float32, VectorCodec.Ternary } select (kind, codec));

    [Theory]
    [MemberData(nameof(Choices))]
    public void AModelFindsTheSameAfterItWasSavedWhereverItsIndexCameFrom(AnnIndexKind kind, VectorCodec codec)
    {
        using TemporaryFolder folder = new();
        IDataView rows = View();
        // Few candidates, so that parameters which got lost would show.
        AnnIndexOptions options = new() { Kind = kind, Codec = codec, Metric = AnnMetric.L2, K = 5, EfSearch = 6, NProbe = 1, Tables = 2, NList = 40, Rescore = 6 };
        AnnIndexTransformer built = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", options).Fit(rows);
        built.SaveIndex(folder.File("a.ann"));
        AnnIndexTransformer opened = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new AnnIndexOptions { K = 5, IndexFile = folder.File("a.ann"), Rescore = 6 }).Fit(rows);
        AnnIndexTransformer beside = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", options with { SaveIndexAs = "b.ann" }).Fit(rows);
        long[][] expected = Neighbors(built, rows);

        Assert.Equal(expected, Neighbors(opened, rows));
        foreach (AnnIndexTransformer model in new[] { built, opened, beside })
        {
            _ml.Model.Save(model, rows.Schema, folder.File("model.zip"));
            Assert.Equal(expected, Neighbors(_ml.Model.Load(folder.File("model.zip"), out _), rows));
        }
        opened.Index.Dispose();
    }

    [Fact]
    public void AModelKeepsTheProbesThatItWasGivenForAnIndexFile()
    {
        using TemporaryFolder folder = new();
        IDataView rows = View();
        AnnIndexTransformer built = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { Kind = AnnIndexKind.Ivf, Metric = AnnMetric.L2, K = 5, NProbe = 1, NList = 40 }).Fit(rows);
        built.SaveIndex(folder.File("a.ann"));
        AnnIndexTransformer all = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { K = 5, NProbe = 40, IndexFile = folder.File("a.ann") }).Fit(rows);
        long[][] exact = Neighbors(_ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { Kind = AnnIndexKind.Flat, Metric = AnnMetric.L2, K = 5 }).Fit(rows), rows);

        _ml.Model.Save(all, rows.Schema, folder.File("model.zip"));

        Assert.Equal(exact, Neighbors(_ml.Model.Load(folder.File("model.zip"), out _), rows));
        Assert.NotEqual(exact, Neighbors(built, rows));
        all.Index.Dispose();
    }

    [Fact]
    public void NegativeParametersAreNamed()
    {
        Assert.Contains("NProbe", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { Kind = AnnIndexKind.Ivf, NProbe = -1 })).Message);
        Assert.Contains("EfSearch", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { EfSearch = -1 })).Message);
    }

    private long[][] Neighbors(ITransformer model, IDataView rows) =>
        [.. _ml.Data.CreateEnumerable<Found>(model.Transform(rows), reuseRowObject: false).Select(row => row.Neighbors)];

    private IDataView View() => _ml.Data.LoadFromEnumerable(
        TestVectors.Clustered(1000, Dimension, 20, 4).Chunk(Dimension).Select(vector => new Row { Embedding = vector }));

    private sealed class Row
    {
        [VectorType(Dimension)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class Found
    {
        public long[] Neighbors { get; set; } = [];
    }
}

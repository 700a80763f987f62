// What fitting refuses, in words that say which column or option and what to do; and that it stops when told to.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexEstimatorTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void MissingColumnsAreNamed()
    {
        Assert.Contains("'Vector'", Refusal<ArgumentOutOfRangeException>(Neighbors("Vector"), Rows()));
        string id = Refusal<ArgumentOutOfRangeException>(Neighbors("Embedding", new() { IdColumn = "Key" }), Rows());
        Assert.Contains("'Key'", id);
        Assert.Contains("IdColumn", id);
    }

    [Fact]
    public void ColumnsOfTheWrongTypeAreNamedWithTheTypeTheyShouldHave()
    {
        Assert.Contains("known-size vector of Single", Refusal<ArgumentOutOfRangeException>(Neighbors("Text"), Rows()));
        Assert.Contains("known-size vector of Single", Refusal<ArgumentOutOfRangeException>(Neighbors("Known"), VariableSize()));
        Assert.Contains("text or a number", Refusal<ArgumentOutOfRangeException>(Neighbors("Embedding", new() { IdColumn = "Boolean" }), Rows()));
        Assert.Contains("text or a number", Refusal<ArgumentOutOfRangeException>(Neighbors("Embedding", new() { IdColumn = "Embedding" }), Rows()));
    }

    [Theory]
    [InlineData("Text", "Distances", NeighborForm.Ids, "Text")]
    [InlineData("Neighbors", "Single", NeighborForm.Ids, "Single")]
    [InlineData("Int64", "Distances", NeighborForm.Keys, "Int64")]
    [InlineData("Other", "Distances", NeighborForm.Ids, "Other")]
    [InlineData("LongIds", "Distances", NeighborForm.Keys, "LongIds")]
    public void AnOutputThatWouldHideAColumnOfAnotherKindIsRefusedEverywhere(string neighbors, string distances, NeighborForm form, string taken)
    {
        IDataView rows = NamedAsOutputs();
        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors(neighbors, "Embedding", new() { K = 2, DistancesColumn = distances, NeighborsAs = form });
        AnnIndexTransformer fitted = estimator.Fit(_ml.Transforms.SelectColumns("Embedding").Fit(rows).Transform(rows));

        foreach (Action way in Ways(estimator, fitted, rows))
        {
            string message = Assert.Throws<ArgumentOutOfRangeException>(way).Message;
            Assert.Contains($"'{taken}' already exists", message);
            Assert.Contains("another output name", message);
        }
    }

    [Theory]
    [InlineData("LongIds", "Distances", NeighborForm.Ids)]
    [InlineData("Neighbors", "Other", NeighborForm.Keys)]
    [InlineData("Embedding", "Distances", NeighborForm.Keys)]
    [InlineData("Neighbors", "Embedding", NeighborForm.Ids)]
    [InlineData("KeyIds", "Distances", NeighborForm.Keys)]
    public void AnOutputThatReplacesTheQueryOrAVectorOfItsOwnTypeHidesItAsMlNetDoes(string neighbors, string distances, NeighborForm form)
    {
        IDataView rows = NamedAsOutputs();
        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors(
            neighbors, "Embedding", new() { Kind = AnnIndexKind.Flat, Metric = AnnMetric.L2, K = 2, DistancesColumn = distances, NeighborsAs = form });
        AnnIndexTransformer fitted = estimator.Fit(rows);

        foreach (Action way in Ways(estimator, fitted, rows))
            way();
        IDataView found = fitted.Transform(rows);
        Assert.Equal([0f, 9], found.GetColumn<float[]>(distances).ElementAt(2));
        Assert.Equal(2, ((VectorDataViewType)found.Schema[neighbors].Type).Size);
        AnnIndexShapes.AssertKept(estimator, found.Schema, rows);
    }

    [Fact]
    public void TwoOutputsOfOneNameAreRefused()
    {
        string message = Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { DistancesColumn = "Neighbors" })).Message;

        Assert.Contains("DistancesColumn", message);
        Assert.Contains("'Neighbors'", message);
    }

    [Fact]
    public void MoreNeighborsThanRowsAreRefused()
    {
        string message = Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { K = 13 }).Fit(Rows())).Message;

        Assert.Contains("K", message);
        Assert.Contains("only 12 vectors", message);
    }

    [Fact]
    public void OptionsOutOfRangeAreNamed()
    {
        Assert.Contains("K", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { K = 0 })).Message);
        Assert.Contains("M must be", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { M = 1 })).Message);
        Assert.Contains("NeighborsAs", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { NeighborsAs = (NeighborForm)7 })).Message);
        Assert.Contains("IndexedColumn", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { IndexedColumn = "" })).Message);
        Assert.Contains("Codec", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { Codec = 0 })).Message);
        Assert.Contains("Rescoring", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { Rescoring = (Rescoring)99 })).Message);
        Assert.Contains("Rescore", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { Rescore = -1 })).Message);
        Assert.Contains("Threads", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { Threads = -1, Kind = AnnIndexKind.Flat })).Message);
        Assert.Contains("Kind", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { Kind = 0 })).Message);
        Assert.Contains("DistancesColumn", Assert.ThrowsAny<ArgumentException>(() => Neighbors("Embedding", new() { DistancesColumn = " " })).Message);
    }

    [Fact]
    public void OptionsReachTheIndexAndTheSearch()
    {
        AnnIndexOptions options = new()
        {
            Metric = AnnMetric.L2,
            Codec = VectorCodec.Ternary,
            Rescoring = Rescoring.Int8,
            Rescore = 7,
            M = 5,
            EfConstruction = 6,
            EfSearch = 8,
            Threads = 2,
        };

        Assert.Equal(
            new HnswOptions { Metric = AnnMetric.L2, Codec = VectorCodec.Ternary, Rescoring = Rescoring.Int8, Seed = 9, Threads = 2, M = 5, EfConstruction = 6, EfSearch = 8 },
            options.ForBuilding(9));
        Assert.Equal(
            new FlatOptions { Metric = AnnMetric.L2, Codec = VectorCodec.Ternary, Rescoring = Rescoring.Int8, Seed = 4, Threads = 2 },
            (options with { Kind = AnnIndexKind.Flat, Seed = 4 }).ForBuilding(9));
        Assert.Equal(new SearchOptions { EfSearch = 8, Rescore = 7 }, options.ForSearch());
    }

    [Fact]
    public void AnEmptyInputIsRefused() =>
        Assert.Contains("no rows", Assert.Throws<InvalidOperationException>(() => Neighbors("Embedding").Fit(NeighborRow.View(_ml, 0))).Message);

    [Theory]
    [InlineData(float.NaN, 1f, "NaN")]
    [InlineData(float.NegativeInfinity, 1f, "infinity")]
    [InlineData(0f, 0f, "all zeros")]
    public void AVectorThatCannotBeIndexedIsNamedByColumnAndRow(float first, float second, string problem)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(new NeighborRow[] { NeighborRow.Of(0), NeighborRow.Of(1), new() { Embedding = [first, second] } });

        string message = Assert.Throws<InvalidOperationException>(() => Neighbors("Embedding", new() { K = 1 }).Fit(rows)).Message;

        Assert.Contains("'Embedding' in row 2", message);
        Assert.Contains(problem, message);
    }

    [Fact]
    public void AVectorThatCannotBeSearchedForIsNamedByColumnAndRow()
    {
        AnnIndexTransformer transformer = Neighbors("Embedding", new() { K = 1 }).Fit(Rows());
        IDataView queries = _ml.Data.LoadFromEnumerable(new NeighborRow[] { NeighborRow.Of(0), new() { Embedding = [0, 0] } });

        // ML.NET reads on other threads and wraps what they throw.
        string message = Assert.Throws<InvalidOperationException>(() => transformer.Transform(queries).GetColumn<float[]>("Distances").ToArray()).GetBaseException().Message;

        Assert.Contains("'Embedding' in row 1 is all zeros", message);
    }

    [Fact]
    public void VectorsOfAnotherDimensionAreRefused()
    {
        using TemporaryFolder folder = new();
        AnnIndexTransformer transformer = Neighbors("Embedding", new() { K = 1 }).Fit(Rows());
        IDataView other = _ml.Data.LoadFromEnumerable(new[] { new Wide() });
        transformer.SaveIndex(folder.File("a.index"));

        Assert.Contains("dimension 3, the index has 2", Assert.ThrowsAny<ArgumentException>(() => transformer.Transform(other)).Message);
        Assert.Contains("has dimension 3", Assert.ThrowsAny<ArgumentException>(
            () => Neighbors("Embedding", new() { K = 1, IndexFile = folder.File("a.index") }).Fit(other)).Message);
        Assert.Contains("does not exist", Assert.Throws<FileNotFoundException>(
            () => Neighbors("Embedding", new() { IndexFile = folder.File("none") }).Fit(Rows())).Message);
    }

    [Fact]
    public void CancellingTheContextStopsTheReadingOfRows()
    {
        IEnumerable<NeighborRow> rows = Enumerable.Range(0, 2000).Select(number =>
        {
            if (number == 700)
                MlNet.Cancel(_ml);
            return NeighborRow.Of(number % 12);
        });

        Assert.Throws<OperationCanceledException>(() => Neighbors("Embedding").Fit(_ml.Data.LoadFromEnumerable(rows)));
    }

    [Fact]
    public async Task CancellingTheContextStopsTheBuildingOfTheGraph()
    {
        float[] vectors = TestVectors.Clustered(20000, 64, 10, seed: 1);
        TaskCompletionSource read = new();
        IEnumerable<Wider> rows = Enumerable.Range(0, 20000).Select(number =>
        {
            if (number == 19999)
                read.SetResult();
            return new Wider { Embedding = vectors[(number * 64)..(number * 64 + 64)] };
        });

        Task fit = Task.Run(() => Neighbors("Embedding").Fit(_ml.Data.LoadFromEnumerable(rows)), TestContext.Current.CancellationToken);
        await read.Task;
        MlNet.Cancel(_ml);

        await Assert.ThrowsAsync<OperationCanceledException>(() => fit);
    }

    [Fact]
    public void FittingTellsTheLogHowManyVectorsItIndexed()
    {
        List<string> log = [];
        _ml.Log += (_, entry) => log.Add(entry.Message);

        Neighbors("Embedding").Fit(Rows());

        Assert.Contains(log, message => message.Contains("Indexed 12 vectors of dimension 2"));
    }

    // Everywhere that the existing columns are seen.
    private static Action[] Ways(AnnIndexEstimator estimator, AnnIndexTransformer fitted, IDataView rows) =>
    [
        () => estimator.GetOutputSchema(MlNet.Shape(rows.Schema)),
        () => estimator.Fit(rows),
        () => fitted.Transform(rows),
        () => fitted.GetOutputSchema(rows.Schema),
    ];

    private IDataView NamedAsOutputs() => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 4).Select(i => new NamedAsOutput { Embedding = [i * i, 1] }));

    private static string Refusal<TException>(AnnIndexEstimator estimator, IDataView rows) where TException : Exception
    {
        string message = Assert.ThrowsAny<TException>(() => estimator.Fit(rows)).Message;
        Assert.ThrowsAny<TException>(() => estimator.GetOutputSchema(MlNet.Shape(rows.Schema)));
        return message;
    }

    private AnnIndexEstimator Neighbors(string input, AnnIndexOptions? options = null) =>
        _ml.Transforms.NearestNeighbors("Neighbors", input, options);

    private IDataView Rows() => NeighborRow.View(_ml);

    private IDataView VariableSize() => _ml.Data.LoadFromEnumerable(new[] { new Variable() });

    private sealed class NamedAsOutput
    {
        [VectorType(2)]
        public float[] Embedding { get; set; } = [];

        public string Text { get; set; } = "";

        public float Single { get; set; }

        public long Int64 { get; set; }

        public float[] Other { get; set; } = [1, 2, 3];

        public long[] LongIds { get; set; } = [1];

        [KeyType(5)]
        public uint[] KeyIds { get; set; } = [1];
    }

    private sealed class Variable
    {
        public float[] Known { get; set; } = [1];
    }

    private sealed class Wide
    {
        [VectorType(3)]
        public float[] Embedding { get; set; } = [1, 2, 3];
    }

    private sealed class Wider
    {
        [VectorType(64)]
        public float[] Embedding { get; set; } = [];
    }
}

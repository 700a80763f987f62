// Neighbours as keys: what ML.NET's own transforms make of them, and that nothing is lost by saving.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexKeysTests
{
    private static readonly AnnIndexOptions Keys = new() { Kind = AnnIndexKind.Flat, Metric = AnnMetric.L2, K = 3, NeighborsAs = NeighborForm.Keys };

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void AKeyIsThePlaceInTheIndexFromOneAndItsValueIsTheId()
    {
        IDataView rows = NeighborRow.View(_ml), found = Fit(rows, "Text").Transform(rows);

        // Point 3 lies at 7; 3 and 1 before it, 15 after it.
        Assert.Equal([4u, 3, 2], found.GetColumn<uint[]>("Neighbors").ElementAt(3));
        Assert.Equal([0f, 16, 36], found.GetColumn<float[]>("Distances").ElementAt(3));
        Assert.Equal(new VectorDataViewType(new KeyDataViewType(typeof(uint), 12), 3), found.Schema["Neighbors"].Type);
        VBuffer<ReadOnlyMemory<char>> values = default;
        found.Schema["Neighbors"].GetKeyValues(ref values);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => "row " + i), values.DenseValues().Select(value => value.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Text")]
    [InlineData("SByte")]
    [InlineData("UInt16")]
    [InlineData("Int64")]
    [InlineData("Single")]
    [InlineData("Double")]
    public void MapKeyToValueGivesWhatRawIdsAreBeforeAndAfterSaving(string? idColumn)
    {
        using TemporaryFolder folder = new();
        IDataView rows = NeighborRow.View(_ml);
        var chain = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Keys with { IdColumn = idColumn })
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Neighbors"));
        ITransformer fitted = chain.Fit(rows);
        _ml.Model.Save(fitted, rows.Schema, folder.File("model.zip"));
        IDataView raw = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Keys with { IdColumn = idColumn, NeighborsAs = NeighborForm.Ids }).Fit(rows).Transform(rows);

        foreach (ITransformer either in new[] { fitted, _ml.Model.Load(folder.File("model.zip"), out _) })
        {
            IDataView found = either.Transform(rows);
            Assert.Equal(raw.Schema["Neighbors"].Type, found.Schema["Neighbors"].Type);
            Assert.Equal(Show(raw), Show(found));
            AnnIndexShapes.AssertKept(chain, found.Schema, rows);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Text")]
    [InlineData("UInt16")]
    public void TheSchemaPromisedIsTheSchemaMadeWithItsKeyValues(string? idColumn)
    {
        IDataView rows = NeighborRow.View(_ml);
        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Keys with { IdColumn = idColumn });

        AnnIndexShapes.AssertKept(estimator, estimator.Fit(rows).GetOutputSchema(rows.Schema), rows);
    }

    [Fact]
    public void KeysBecomeFeaturesThatATrainerLearnsFrom()
    {
        IDataView rows = NeighborRow.View(_ml);
        var features = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Keys with { IdColumn = "Text" })
            .Append(_ml.Transforms.Conversion.MapKeyToVector("Features", "Neighbors", outputCountVector: true));

        float[] fourth = features.Fit(rows).Transform(rows).GetColumn<float[]>("Features").ElementAt(3);
        Assert.Equal([0f, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], fourth);
        ITransformer trained = features.Append(_ml.Regression.Trainers.Sdca("Single")).Fit(rows);
        Assert.True(_ml.Regression.Evaluate(trained.Transform(rows), "Single").RSquared > 0.5);
    }

    [Fact]
    public void APredictionEngineGivesKeysToRowClasses()
    {
        using TemporaryFolder folder = new();
        IDataView rows = NeighborRow.View(_ml);
        _ml.Model.Save(Fit(rows, "Text"), rows.Schema, folder.File("model.zip"));
        ITransformer loaded = _ml.Model.Load(folder.File("model.zip"), out _);
        NeighborRow query = new() { Embedding = [6.5f, 1] };

        using PredictionEngine<NeighborRow, KeyArray> arrays = _ml.Model.CreatePredictionEngine<NeighborRow, KeyArray>(loaded);
        Assert.Equal([4u, 3, 2], arrays.Predict(query).Neighbors);
        Assert.Equal([0.25f, 12.25f, 30.25f], arrays.Predict(query).Distances);
        using PredictionEngine<NeighborRow, KeyBuffer> buffers = _ml.Model.CreatePredictionEngine<NeighborRow, KeyBuffer>(loaded);
        Assert.Equal([4u, 3, 2], buffers.Predict(query).Neighbors.DenseValues());
        using PredictionEngine<NeighborRow, PlainArray> plain = _ml.Model.CreatePredictionEngine<NeighborRow, PlainArray>(loaded);
        Assert.Equal([4u, 3, 2], plain.Predict(query).Neighbors);
    }

    [Fact]
    public void RowsOfTheSameIdKeepKeysOfTheirOwn()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(new[] { 0, 1, 2 }.Select(i => new { Embedding = new VBuffer<float>(2, [i, 1]), Name = "same" }),
            SchemaOf(("Embedding", new VectorDataViewType(NumberDataViewType.Single, 2))));

        IDataView found = Fit(rows, "Name").Transform(rows);

        Assert.Equal([1u, 2, 3], found.GetColumn<uint[]>("Neighbors").First());
        Assert.Equal(["same", "same", "same"], _ml.Transforms.Conversion.MapKeyToValue("Neighbors").Fit(found).Transform(found).GetColumn<string[]>("Neighbors").First());
    }

    private static SchemaDefinition SchemaOf((string Name, DataViewType Type) column)
    {
        SchemaDefinition definition = SchemaDefinition.Create(new { Embedding = default(VBuffer<float>), Name = "" }.GetType());
        definition[column.Name].ColumnType = column.Type;
        return definition;
    }

    // The last column of the name; MapKeyToValue hides the keys behind it.
    private static IEnumerable<string> Show(IDataView view) =>
        view.Preview().RowView.Select(row => (string)Show((dynamic)row.Values.Last(value => value.Key == "Neighbors").Value));

    private static string Show<T>(VBuffer<T> vector) => string.Join(' ', vector.DenseValues());

    private AnnIndexTransformer Fit(IDataView rows, string? idColumn) =>
        _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Keys with { IdColumn = idColumn }).Fit(rows);

    private sealed class KeyArray
    {
        [KeyType(12), VectorType(3)]
        public uint[] Neighbors { get; set; } = [];

        public float[] Distances { get; set; } = [];
    }

    private sealed class KeyBuffer
    {
        [KeyType(12), VectorType(3)]
        public VBuffer<uint> Neighbors { get; set; }
    }

    private sealed class PlainArray
    {
        public uint[] Neighbors { get; set; } = [];
    }
}

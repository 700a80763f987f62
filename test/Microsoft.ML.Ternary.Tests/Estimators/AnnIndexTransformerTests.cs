// Nearest neighbours in pipelines: the columns they make, saving and loading in the model and beside it, single rows, cursors.
using System.Collections;
using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexTransformerTests
{
    private static readonly AnnIndexOptions Exact = new() { Kind = AnnIndexKind.Flat, Metric = AnnMetric.L2, K = 3 };

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void EachRowGetsItsNearestByRowNumberWithTheirDistances()
    {
        IDataView rows = NeighborRow.View(_ml);
        AnnIndexTransformer transformer = Fit(rows, Exact);

        NumberedNeighbors[] found = Read<NumberedNeighbors>(transformer.Transform(rows));

        Assert.Equal(12, found.Length);
        // Point 3 lies at 7; 3 and 1 before it, 15 after it.
        Assert.Equal([3L, 2, 1], found[3].Neighbors);
        Assert.Equal([0f, 16, 36], found[3].Distances);
        Assert.Equal([0L, 1, 2], found[0].Neighbors);
        Assert.Equal([0f, 1, 9], found[0].Distances);
    }

    [Fact]
    public void TheColumnsAreVectorsOfKnownSize()
    {
        IDataView rows = NeighborRow.View(_ml);
        DataViewSchema schema = Fit(rows, Exact with { DistancesColumn = "HowFar" }).GetOutputSchema(rows.Schema);

        Assert.Equal(new VectorDataViewType(NumberDataViewType.Int64, 3), schema["Neighbors"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3), schema["HowFar"].Type);
        Assert.Equal(rows.Schema.Count + 2, schema.Count);
    }

    [Theory]
    [InlineData("Text")]
    [InlineData("SByte")]
    [InlineData("Byte")]
    [InlineData("Int16")]
    [InlineData("UInt16")]
    [InlineData("Int32")]
    [InlineData("UInt32")]
    [InlineData("Int64")]
    [InlineData("UInt64")]
    [InlineData("Single")]
    [InlineData("Double")]
    public void NeighborsAreKnownByTheIdColumnInItsTypeBeforeAndAfterSaving(string column)
    {
        using TemporaryFolder folder = new();
        IDataView rows = NeighborRow.View(_ml);
        AnnIndexTransformer transformer = Fit(rows, Exact with { IdColumn = column });
        _ml.Model.Save(transformer, rows.Schema, folder.File("model.zip"));
        ITransformer loaded = _ml.Model.Load(folder.File("model.zip"), out _);
        object[] expected = [.. new[] { 3, 2, 1 }.Select(NeighborRow.Of).Select(row => typeof(NeighborRow).GetProperty(column)!.GetValue(row)!.ToString()!)];

        foreach (ITransformer either in new[] { transformer, loaded })
        {
            IDataView found = either.Transform(rows);
            VectorDataViewType type = Assert.IsType<VectorDataViewType>(found.Schema["Neighbors"].Type);
            Assert.Equal(rows.Schema[column].Type, type.ItemType);
            Assert.Equal(expected, Values(found.Preview().RowView[3].Values.Single(value => value.Key == "Neighbors").Value));
        }
    }

    [Fact]
    public void ASavedChainLoadsWithItsIndexAndFindsTheSame()
    {
        using TemporaryFolder folder = new();
        IDataView rows = Clustered(500);
        ITransformer chain = _ml.Transforms.NormalizeLpNorm("Unit", "Embedding")
            .Append(_ml.Transforms.NearestNeighbors("Neighbors", "Unit", new() { K = 7, IdColumn = "Name" }))
            .Fit(rows);
        _ml.Model.Save(chain, rows.Schema, folder.File("search.zip"));

        ITransformer loaded = new MLContext().Model.Load(folder.File("search.zip"), out DataViewSchema schema);

        Assert.Equal(rows.Schema.Select(column => column.Name), schema.Select(column => column.Name));
        NamedNeighbors[] before = Read<NamedNeighbors>(chain.Transform(rows)), after = Read<NamedNeighbors>(loaded.Transform(rows));
        Assert.Equal(before.SelectMany(row => row.Neighbors), after.SelectMany(row => row.Neighbors));
        Assert.Equal(before.SelectMany(row => row.Distances), after.SelectMany(row => row.Distances));
        Assert.All(before.Select((row, i) => (row, i)), pair => Assert.Equal("vector " + pair.i, pair.row.Neighbors[0]));
    }

    [Fact]
    public void SavingTheModelTwiceGivesTheSameIndexAndSoDoesFittingAgainWithTheSameSeed()
    {
        IDataView rows = Clustered(400);
        AnnIndexTransformer first = FitHnsw(new MLContext(seed: 5), rows), again = FitHnsw(new MLContext(seed: 5), rows), other = FitHnsw(new MLContext(seed: 6), rows);

        Assert.Equal(first.Index.Bytes(), again.Index.Bytes());
        Assert.NotEqual(first.Index.Bytes(), other.Index.Bytes());

        static AnnIndexTransformer FitHnsw(MLContext ml, IDataView rows) => ml.Transforms.NearestNeighbors("Neighbors", "Embedding").Fit(rows);
    }

    [Fact]
    public void APredictionEngineFindsTheNeighborsOfSingleRows()
    {
        IDataView rows = NeighborRow.View(_ml);
        ITransformer chain = _ml.Transforms.CopyColumns("Copy", "Embedding")
            .Append(_ml.Transforms.NearestNeighbors("Neighbors", "Copy", Exact with { IdColumn = "Text" }))
            .Fit(rows);
        using PredictionEngine<NeighborRow, NamedNeighbors> engine = _ml.Model.CreatePredictionEngine<NeighborRow, NamedNeighbors>(chain);

        NamedNeighbors first = engine.Predict(new NeighborRow { Embedding = [6.5f, 1] });
        NamedNeighbors second = engine.Predict(new NeighborRow { Embedding = [0.25f, 1] });

        Assert.Equal(["row 3", "row 2", "row 1"], first.Neighbors);
        Assert.Equal([0.25f, 12.25f, 30.25f], first.Distances);
        Assert.Equal(["row 0", "row 1", "row 2"], second.Neighbors);
        Assert.True(((ITransformer)chain).IsRowToRowMapper);
    }

    [Fact]
    public void SeveralCursorsAtOnceFindWhatOneFinds()
    {
        IDataView rows = Clustered(3000);
        IDataView found = Fit(rows, new AnnIndexOptions { K = 4, IdColumn = "Name" }).Transform(rows);
        Dictionary<string, string> expected = Read<NamedRow>(found).ToDictionary(row => row.Name, row => string.Join(' ', row.Neighbors));

        DataViewRowCursor[] cursors = found.GetRowCursorSet(found.Schema, 4, null);
        int rowsSeen = 0;
        Parallel.ForEach(cursors, cursor =>
        {
            using (cursor)
            {
                ValueGetter<ReadOnlyMemory<char>> name = cursor.GetGetter<ReadOnlyMemory<char>>(found.Schema["Name"]);
                ValueGetter<VBuffer<ReadOnlyMemory<char>>> neighbors = cursor.GetGetter<VBuffer<ReadOnlyMemory<char>>>(found.Schema["Neighbors"]);
                ReadOnlyMemory<char> text = default;
                VBuffer<ReadOnlyMemory<char>> ids = default;
                while (cursor.MoveNext())
                {
                    neighbors(ref ids);
                    name(ref text);
                    Assert.Equal(expected[text.ToString()], string.Join(' ', ids.DenseValues()));
                    Interlocked.Increment(ref rowsSeen);
                }
            }
        });
        Assert.True(cursors.Length > 1);
        Assert.Equal(3000, rowsSeen);
    }

    [Fact]
    public void EitherColumnCanBeReadAlone()
    {
        IDataView rows = NeighborRow.View(_ml);
        IDataView found = Fit(rows, Exact).Transform(rows);

        Assert.Equal([0f, 16, 36], found.GetColumn<float[]>("Distances").ElementAt(3));
        Assert.Equal([3L, 2, 1], found.GetColumn<long[]>("Neighbors").ElementAt(3));
        Assert.Equal(12, found.GetColumn<string>("Text").Count());
    }

    [Fact]
    public void SparseVectorsAreIndexedAndSearchedLikeDenseOnes()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(new[] { "a b", "b c", "a c", "c" }.Select(text => new { Text = text }));
        ITransformer chain = _ml.Transforms.Text.ProduceWordBags("Bag", "Text", ngramLength: 1)
            .Append(_ml.Transforms.NearestNeighbors("Neighbors", "Bag", Exact with { Metric = AnnMetric.Cosine, K = 2 }))
            .Fit(rows);

        NumberedNeighbors[] found = Read<NumberedNeighbors>(chain.Transform(rows));

        Assert.Equal([3L, 1], found[3].Neighbors);
        Assert.Equal(1 - MathF.Sqrt(0.5f), found[3].Distances[1], 1e-6f);
    }

    [Fact]
    public void AnIndexFileOfItsOwnServesAnotherPipelineWithItsIds()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("points.index");
        IDataView rows = NeighborRow.View(_ml);
        Fit(rows, Exact with { IdColumn = "Text" }).SaveIndex(file);
        Assert.Equal(12, VectorIndex.Load(file).Count);

        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { IndexFile = file, K = 2 });
        IDataView two = NeighborRow.View(_ml, 2);
        AnnIndexTransformer transformer = estimator.Fit(two);

        Assert.Equal(AnnMetric.L2, transformer.Index.Metric);
        Assert.Equal(["row 1", "row 0"], Read<NamedNeighbors>(transformer.Transform(two))[1].Neighbors);
        AnnIndexShapes.AssertKept(estimator, transformer.GetOutputSchema(two.Schema), two);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Text")]
    [InlineData("UInt16")]
    public void TheSchemaPromisedIsTheSchemaMade(string? idColumn)
    {
        IDataView rows = NeighborRow.View(_ml);
        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Exact with { IdColumn = idColumn });

        AnnIndexShapes.AssertKept(estimator, estimator.Fit(rows).GetOutputSchema(rows.Schema), rows);
    }

    [Fact]
    public void CrossValidationFitsAnIndexForEachFold()
    {
        float[] vectors = TestVectors.Clustered(300, 8, 5, seed: 9);
        IDataView rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 300).Select(i => new LabelledVector
        {
            Embedding = vectors[(8 * i)..(8 * i + 8)],
            Label = vectors[8 * i] + vectors[8 * i + 1],
        }));
        var estimator = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", new() { K = 3, IdColumn = "Label" })
            .Append(_ml.Transforms.CopyColumns("Features", "Neighbors"))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.Regression.Trainers.Sdca(maximumNumberOfIterations: 20));

        var folds = _ml.Regression.CrossValidate(rows, estimator, numberOfFolds: 3);

        Assert.Equal(3, folds.Count);
        Assert.All(folds, fold => Assert.InRange(fold.Metrics.RSquared, 0.5, 1));
    }

    [Fact]
    public void ADamagedIndexInAModelIsRefused()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("model.zip");
        IDataView rows = NeighborRow.View(_ml);
        _ml.Model.Save(Fit(rows, Exact), rows.Schema, file);
        CutEntry(file, "Index");

        Exception? error = Record.Exception(() => _ml.Model.Load(file, out _));

        while (error is not null and not InvalidDataException)
            error = error.InnerException;
        Assert.Contains("truncated", error?.Message);
    }

    [Fact]
    public void AnIndexFileThatCannotBeWrittenIsNamedAndNothingIsLeftBehind()
    {
        using TemporaryFolder folder = new();
        IDataView rows = NeighborRow.View(_ml);
        AnnIndexTransformer transformer = Fit(rows, Exact);
        string inTheWay = folder.File("a.index");
        Directory.CreateDirectory(inTheWay);

        Assert.Contains(inTheWay, Assert.Throws<IOException>(() => transformer.SaveIndex(inTheWay)).Message);
        Assert.Equal([inTheWay], Directory.GetFileSystemEntries(folder.Path));
    }

    private static object[] Values(object vector) =>
        [.. ((IEnumerable)vector.GetType().GetMethod("DenseValues")!.Invoke(vector, null)!).Cast<object>().Select(value => value.ToString()!)];

    private static void CutEntry(string zip, string name)
    {
        using ZipArchive archive = ZipFile.Open(zip, ZipArchiveMode.Update);
        ZipArchiveEntry entry = archive.Entries.Single(entry => entry.Name == name);
        using Stream stream = entry.Open();
        stream.SetLength(stream.Length - 10);
    }

    private AnnIndexTransformer Fit(IDataView rows, AnnIndexOptions options) =>
        _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", options).Fit(rows);

    private T[] Read<T>(IDataView view) where T : class, new() =>
        [.. _ml.Data.CreateEnumerable<T>(view, reuseRowObject: false, ignoreMissingColumns: true)];

    private IDataView Clustered(int count)
    {
        float[] vectors = TestVectors.Clustered(count, 8, 20, seed: 6);
        return _ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new NamedVector { Name = "vector " + i, Embedding = vectors[(8 * i)..(8 * i + 8)] }));
    }

    private sealed class NamedVector
    {
        public string Name { get; set; } = "";

        [VectorType(8)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class LabelledVector
    {
        [VectorType(8)]
        public float[] Embedding { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class NamedRow
    {
        public string Name { get; set; } = "";

        public string[] Neighbors { get; set; } = [];
    }
}

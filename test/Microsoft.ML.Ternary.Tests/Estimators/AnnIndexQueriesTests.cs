// Several columns searched for in one index: which columns must be where, and what each search makes.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexQueriesTests
{
    private static readonly AnnIndexOptions Exact = new() { Kind = AnnIndexKind.Flat, Metric = AnnMetric.L2, K = 2, IdColumn = "Name" };
    private static readonly AnnQueryColumns Second = new("Query", "QueryNeighbors", "QueryDistances");

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void EachColumnIsSearchedForInTheOneIndexBeforeAndAfterSaving()
    {
        using TemporaryFolder folder = new();
        IDataView rows = Rows();
        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Exact with { Queries = [Second] });
        AnnIndexTransformer transformer = estimator.Fit(rows);
        _ml.Model.Save(transformer, rows.Schema, folder.File("model.zip"));

        foreach (ITransformer either in new[] { transformer, _ml.Model.Load(folder.File("model.zip"), out _) })
        {
            IDataView found = either.Transform(rows);
            Made[] made = [.. _ml.Data.CreateEnumerable<Made>(found, reuseRowObject: false, ignoreMissingColumns: true)];
            Assert.Equal(["at 1", "at 0"], made[1].Neighbors);
            Assert.Equal([0f, 1], made[1].Distances);

            // Row 1 asks for 1 and for -1 + 10.
            Assert.Equal(["at 9", "at 4"], made[1].QueryNeighbors);
            Assert.Equal([0f, 25], made[1].QueryDistances);
            AnnIndexShapes.AssertKept(estimator, found.Schema, rows);
        }
    }

    [Fact]
    public void PairsOfColumnsNameTheirDistancesAfterTheirNeighbors()
    {
        IDataView rows = Rows();
        AnnIndexTransformer transformer = _ml.Transforms.NearestNeighbors(
            [new InputOutputColumnPair("Neighbors", "Embedding"), new InputOutputColumnPair("Query")], Exact).Fit(rows);

        Assert.Equal([new("Embedding", "Neighbors", "Distances"), new("Query", "Query", "QueryDistances")], transformer.Queries);
        IDataView found = transformer.Transform(rows);
        Assert.Equal(["at 9", "at 4"], found.GetColumn<string[]>("Query").ElementAt(1));
        Assert.Equal([0f, 1], found.GetColumn<float[]>("Distances").ElementAt(1));
    }

    [Fact]
    public void ACorpusHasTheIndexedColumnAndQueriesComeLaterWithTheirOwn()
    {
        IDataView rows = Rows(), corpus = Only(rows, "Embedding", "Name"), queries = Only(rows, "Query");

        AnnIndexTransformer transformer = _ml.Transforms.NearestNeighbors("Neighbors", "Query", Exact with { IndexedColumn = "Embedding" }).Fit(corpus);

        Assert.Equal(["at 9", "at 4"], transformer.Transform(queries).GetColumn<string[]>("Neighbors").ElementAt(1));
    }

    [Fact]
    public void AQueryColumnThatIsMissingIsNamedWhereItIsNeeded()
    {
        IDataView corpus = Only(Rows(), "Embedding", "Name");
        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Exact with { Queries = [Second] });
        AnnIndexTransformer transformer = estimator.Fit(corpus);

        Action[] ways =
        [
            () => transformer.Transform(corpus),
            () => transformer.GetOutputSchema(corpus.Schema),
            () => estimator.GetOutputSchema(MlNet.Shape(corpus.Schema)),
            () => new EstimatorChain<ITransformer>().Append(estimator).Fit(corpus),
        ];
        Assert.All(ways, way => Assert.Contains("query column 'Query'", Assert.Throws<ArgumentOutOfRangeException>(way).Message));
    }

    [Fact]
    public void AQueryColumnOfAnotherDimensionIsNamedBeforeAnythingIsBuilt()
    {
        SpyView rows = new(Rows());
        AnnIndexEstimator estimator = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Exact with { Queries = [new("Wide", "A", "B")] });

        string message = Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(rows)).Message;

        Assert.Contains("'Wide' has dimension 3, the indexed column 'Embedding' has 2", message);
        Assert.Equal(0, rows.RowsRead);
        Assert.Contains("'Name'", Assert.ThrowsAny<ArgumentException>(
            () => _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Exact with { Queries = [new("Name", "A", "B")] }).Fit(rows)).Message);
    }

    [Fact]
    public void AColumnThatNobodyReadsIsNotSearchedFor()
    {
        // Under cosine a vector of zeros, as that of row 0, cannot be searched for.
        IDataView rows = _ml.Data.LoadFromEnumerable(new[] { new Row { Embedding = [0, 0], Query = [1, 1] } });
        AnnIndexTransformer transformer = _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Exact with { Metric = AnnMetric.Cosine, Queries = [Second] }).Fit(Rows());

        IDataView found = transformer.Transform(rows);

        Assert.Equal("at 1", found.GetColumn<string[]>("QueryNeighbors").Single()[0]);
        Assert.Throws<InvalidOperationException>(() => found.GetColumn<string[]>("Neighbors").ToArray());
    }

    [Fact]
    public void NamesThatAreMissingOrOccurTwiceAreRefused()
    {
        Assert.Contains("'Distances'", Refusal(new("Query", "QueryNeighbors", "Distances")));
        Assert.Contains("three columns", Refusal(new("Query", " ", "D")));
        Assert.Contains("three columns", Refusal(null!));
        Assert.Contains("columns", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.NearestNeighbors([])).Message);
        Assert.Contains("Queries", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.NearestNeighbors("N", "E", new() { Queries = null! })).Message);
        Assert.Throws<ArgumentNullException>(() => _ml.Transforms.NearestNeighbors(null!));

        string Refusal(AnnQueryColumns columns) =>
            Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", Exact with { Queries = [columns] })).Message;
    }

    // Points at 0, 1, 4, 9, ... that ask for 10, 9, 6, 1, ...
    private IDataView Rows() => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 5).Select(i => new Row
    {
        Name = $"at {i * i}",
        Embedding = [i * i, 1],
        Query = [10 - i * i, 1],
    }));

    private IDataView Only(IDataView rows, params string[] columns) => _ml.Transforms.SelectColumns(columns).Fit(rows).Transform(rows);

    private sealed class Row
    {
        public string Name { get; set; } = "";

        [VectorType(2)]
        public float[] Embedding { get; set; } = [];

        [VectorType(2)]
        public float[] Query { get; set; } = [];

        [VectorType(3)]
        public float[] Wide { get; set; } = [1, 2, 3];
    }

    private sealed class Made
    {
        public string[] Neighbors { get; set; } = [];

        public float[] Distances { get; set; } = [];

        public string[] QueryNeighbors { get; set; } = [];

        public float[] QueryDistances { get; set; } = [];
    }
}

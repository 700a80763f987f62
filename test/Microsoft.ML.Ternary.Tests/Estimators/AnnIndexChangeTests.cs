// The index under a transformer is changed: what was added has no id that the transformer knows, and there may be too few neighbours.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class AnnIndexChangeTests
{
    private static readonly AnnIndexOptions Exact = new() { Kind = AnnIndexKind.Flat, Metric = AnnMetric.L2, K = 3 };

    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(null, NeighborForm.Ids, "3 12 2")]
    [InlineData("Text", NeighborForm.Ids, "row 3  row 2")]
    [InlineData("Int32", NeighborForm.Ids, "-3000000 0 -2000000")]
    [InlineData("Single", NeighborForm.Ids, "1.5 NaN 1")]
    [InlineData("Text", NeighborForm.Keys, "4 0 3")]
    [InlineData(null, NeighborForm.Keys, "4 0 3")]
    public void AnAddedVectorIsFoundByItsNumberOrAsMissingBeforeAndAfterSaving(string? idColumn, NeighborForm form, string expected)
    {
        using TemporaryFolder folder = new();
        IDataView rows = NeighborRow.View(_ml);
        foreach (string? beside in new[] { null, "points.ann" })
        {
            AnnIndexTransformer transformer = Fit(Exact with { IdColumn = idColumn, NeighborsAs = form, SaveIndexAs = beside });
            _ml.Model.Save(transformer, rows.Schema, folder.File("model.zip"));

            transformer.Index.Add([7.5f, 1]);
            AssertFourth(transformer, rows, expected);

            // The file that is there holds the index as it was before.
            _ml.Model.Save(transformer, rows.Schema, folder.File("model.zip"));
            AssertFourth(_ml.Model.Load(folder.File("model.zip"), out _), rows, expected);
        }
    }

    [Theory]
    [InlineData(null, NeighborForm.Ids, "11 0 -1")]
    [InlineData("Text", NeighborForm.Ids, "row 11 row 0 ")]
    [InlineData("Double", NeighborForm.Ids, "2.75 0 NaN")]
    [InlineData("Text", NeighborForm.Keys, "12 1 0")]
    public void PlacesThatNoNeighborIsLeftForAreMissingAndInfinitelyFar(string? idColumn, NeighborForm form, string expected)
    {
        AnnIndexTransformer transformer = Fit(Exact with { IdColumn = idColumn, NeighborsAs = form });

        for (int id = 1; id < 11; id++)
            Assert.True(transformer.Index.Delete(id));

        IDataView found = transformer.Transform(_ml.Data.LoadFromEnumerable(new[] { new NeighborRow { Embedding = [2047, 1] } }));
        Assert.Equal(expected, Neighbors(found).Single());
        Assert.Equal([0f, 2047f * 2047, float.PositiveInfinity], found.GetColumn<float[]>("Distances").Single());
        transformer.Index.Delete(0);
        transformer.Index.Delete(11);
        Assert.All(found.GetColumn<float[]>("Distances").Single(), distance => Assert.Equal(float.PositiveInfinity, distance));
    }

    // Point 3 lies at 7, point 2 at 3.
    private static void AssertFourth(ITransformer transformer, IDataView rows, string expected)
    {
        IDataView found = transformer.Transform(rows);
        Assert.Equal(expected, Neighbors(found).ElementAt(3));
        Assert.Equal([0, 0.25f, 16], found.GetColumn<float[]>("Distances").ElementAt(3));
    }

    private static IEnumerable<string> Neighbors(IDataView view) =>
        view.Preview().RowView.Select(row => (string)Show((dynamic)row.Values.Single(value => value.Key == "Neighbors").Value));

    private static string Show<T>(VBuffer<T> vector) => string.Join(' ', vector.DenseValues());

    private AnnIndexTransformer Fit(AnnIndexOptions options) => _ml.Transforms.NearestNeighbors("Neighbors", "Embedding", options).Fit(NeighborRow.View(_ml));
}

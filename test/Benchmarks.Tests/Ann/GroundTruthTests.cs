using Benchmarks.Ann.Data;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Tests.Ann;

public sealed class GroundTruthTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Vectors at 0, 1, 2 ... on a line, the last one a copy of the one at 9; the query is at 0.
    private GroundTruth Line()
    {
        AnnDataset dataset = new("line", AnnMetric.L2, _folder.Path, "");
        NpyFile.Write<float>(dataset.BasePath, NpyFile.Float32, Enumerable.Range(0, 30).Append(9).Select(x => (float)x).ToArray(), columns: 1);
        NpyFile.Write<float>(dataset.QueriesPath, NpyFile.Float32, new float[] { 0, 0 }, columns: 1);
        return GroundTruth.Open(dataset, CancellationToken.None);
    }

    [Theory]
    [InlineData(new[] { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 }, 1.0)]
    [InlineData(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 30 }, 1.0)]
    [InlineData(new[] { 0, 1, 2, 3, 4, 10, 11, 12, 13, 14 }, 0.5)]
    [InlineData(new[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 0.2)]
    [InlineData(new[] { 0, -1, -1, -1, -1, -1, -1, -1, -1, 31 }, 0.1)]
    public void A_neighbour_is_right_once_when_it_is_as_near_as_the_tenth(int[] found, double recall)
    {
        using GroundTruth truth = Line();
        Assert.Equal(recall, truth.Recall(found), 1e-12);
    }

    [Fact]
    public void Recall_is_the_mean_of_all_queries()
    {
        using GroundTruth truth = Line();
        Assert.Equal(0.75, truth.Recall(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 20, 21, 22, 23, 24 }), 1e-12);
    }

    [Fact]
    public void The_truth_is_kept_beside_the_data_and_another_data_sets_is_refused()
    {
        Line().Dispose();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], NpyFile.ReadInt32(_folder.File("truth.npy"), out _)[..10]);
        NpyFile.Write<int>(_folder.File("truth.npy"), NpyFile.Int32, Enumerable.Repeat(99, 20).ToArray(), columns: 10);
        Assert.Contains("delete it", Assert.Throws<InvalidDataException>(Line).Message);
    }
}

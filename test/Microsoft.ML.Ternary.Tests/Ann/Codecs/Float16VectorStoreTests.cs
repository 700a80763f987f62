// What float16 keeps, what it refuses, and that its distances are those of the halves it holds, exactly.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Codecs;

public sealed class Float16VectorStoreTests
{
    [Theory]
    [InlineData(AnnMetric.L2, 16f + 4.5f * 4.5f)]
    [InlineData(AnnMetric.InnerProduct, -(5f - 2f))]
    public void DistancesAreThoseOfAnExampleByHand(AnnMetric metric, float expected)
    {
        Float16VectorStore store = new(3, metric);
        Assert.Equal(VectorProblem.None, store.Append([1, -0.5f, 1e-6f]));
        Assert.Equal(expected, store.Distance([5, 4, 0], 0));
    }

    [Fact]
    public void ComponentsBeyondTheLargestHalfAreRefusedAndNothingIsAdded()
    {
        Float16VectorStore store = new(2, AnnMetric.L2);
        Assert.Equal(VectorProblem.None, store.Append([65504, -65504]));
        Assert.Equal(VectorProblem.OutOfRange, store.Append([65505, 0]));
        Assert.Equal(VectorProblem.OutOfRange, store.Append([0, -1e30f]));
        Assert.Equal(VectorProblem.NotFinite, store.Append([float.NaN, 0]));
        Assert.Equal(1, store.Count);
        Assert.Equal([65504, -65504], store.Vector(0));
    }

    [Fact]
    public void UnderCosineAnyFiniteVectorIsTakenBecauseItIsNormalised()
    {
        Float16VectorStore store = new(2, AnnMetric.Cosine);
        Assert.Equal(VectorProblem.None, store.Append([3e30f, 4e30f]));
        Assert.Equal(VectorProblem.Zero, store.Append([0, 0]));
        Assert.Equal([0.6f, 0.8f], store.Vector(0), (a, b) => Math.Abs(a - b) < 0.0005f);
    }

    [Theory]
    [InlineData(AnnMetric.L2)]
    [InlineData(AnnMetric.InnerProduct)]
    public void QueriesBeyondAllReasonGiveNoNaN(AnnMetric metric)
    {
        Float16VectorStore store = new(2, metric);
        store.Append([65504, -65504]);
        store.Append([0, 0]);
        Assert.False(float.IsNaN(store.Distance([3e38f, -3e38f], 0)));
        Assert.False(float.IsNaN(store.Distance([3e38f, 3e38f], 1)));
    }

    [Fact]
    public void ErrorsOfTheIndexNameTheVectorAndSayWhatToDo()
    {
        ArgumentException failure = Assert.Throws<ArgumentException>(() =>
            FlatIndex.Build([1, 2, 70000, 0], 2, new FlatOptions { Metric = AnnMetric.L2, Codec = VectorCodec.Float16 }, TestContext.Current.CancellationToken));
        Assert.Contains("Vector 1", failure.Message);
        Assert.Contains("65504", failure.Message);
        FlatIndex index = FlatIndex.Build([1, 2], 2, new FlatOptions { Metric = AnnMetric.L2, Codec = VectorCodec.Float16 }, TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => index.Add([1, 1, 70000, 0], null, TestContext.Current.CancellationToken));
        Assert.Equal(1, index.Count);
    }
}

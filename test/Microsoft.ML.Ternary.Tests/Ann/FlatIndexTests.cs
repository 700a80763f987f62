// Exact search on vectors small enough to work out by hand, and what every index refuses.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed class FlatIndexTests
{
    // Four points of the plane: (1,0), (0,2), (3,3), (-1,0).
    private static readonly float[] Points = [1, 0, 0, 2, 3, 3, -1, 0];

    [Fact]
    public void L2IsTheSquaredDistance()
    {
        FlatIndex index = FlatIndex.Build(Points, 2, AnnMetric.L2);

        (int[] ids, float[] distances) = index.Nearest([1, 1], 4);

        Assert.Equal([0, 1, 3, 2], ids);
        Assert.Equal([1f, 2f, 5f, 8f], distances);
    }

    [Fact]
    public void InnerProductIsNegatedSoThatTheLargestComesFirst()
    {
        FlatIndex index = FlatIndex.Build(Points, 2, AnnMetric.InnerProduct);

        (int[] ids, float[] distances) = index.Nearest([1, 1], 4);

        Assert.Equal([2, 1, 0, 3], ids);
        Assert.Equal([-6f, -2f, -1f, 1f], distances);
    }

    [Fact]
    public void CosineIsOneMinusTheCosineWhateverTheLengths()
    {
        FlatIndex index = FlatIndex.Build(Points, 2, AnnMetric.Cosine);

        (int[] ids, float[] distances) = index.Nearest([5, 0], 4);

        Assert.Equal([0, 2, 1, 3], ids);
        Assert.Equal(0f, distances[0], 1e-6f);
        Assert.Equal(1 - MathF.Sqrt(0.5f), distances[1], 1e-6f);
        Assert.Equal(1f, distances[2], 1e-6f);
        Assert.Equal(2f, distances[3], 1e-6f);
    }

    [Fact]
    public void EqualDistancesAreOrderedById()
    {
        FlatIndex index = FlatIndex.Build([2f, 1, 1, 1, 1, 0], 1, AnnMetric.L2);

        (int[] ids, float[] distances) = index.Nearest([1], 6);

        Assert.Equal([1, 2, 3, 4, 0, 5], ids);
        Assert.Equal([0f, 0, 0, 0, 1, 1], distances);
    }

    [Fact]
    public void TheNearestOfManyAreTheSameAsSortingAllWouldGive()
    {
        float[] vectors = TestVectors.Clustered(3000, 7, 5, seed: 3);
        FlatIndex index = FlatIndex.Build(vectors, 7, AnnMetric.L2);
        float[] query = vectors[70..77];

        (int[] all, float[] allDistances) = index.Nearest(query, 3000);
        (int[] some, float[] someDistances) = index.Nearest(query, 37);

        Assert.Equal(all[..37], some);
        Assert.Equal(allDistances[..37], someDistances);
        Assert.Equal(Enumerable.Range(0, 3000), all.Order());
        Assert.Equal(allDistances.Order(), allDistances);
    }

    [Property]
    public void DistancesAgreeWithTheirDefinitionInAnyDimension(byte extra, byte metricNumber, int seed)
    {
        int dimension = 1 + extra % 70;
        AnnMetric metric = (AnnMetric)(metricNumber % 3);
        float[] vectors = TestVectors.Clustered(9, dimension, 2, seed);
        FlatIndex index = FlatIndex.Build(vectors, dimension, metric);
        float[] query = vectors[..dimension];

        (int[] ids, float[] distances) = index.Nearest(query, 9);

        for (int i = 0; i < 9; i++)
            Assert.Equal(Definition(metric, query, vectors.AsSpan(ids[i] * dimension, dimension)), distances[i], 1e-4);
    }

    [Fact]
    public void ABatchGivesWhatSingleSearchesGive()
    {
        float[] vectors = TestVectors.Clustered(500, 19, 4, seed: 8);
        FlatIndex index = FlatIndex.Build(vectors, 19);
        int[] ids = new int[500 * 3];
        float[] distances = new float[500 * 3];

        index.SearchBatch(vectors, 3, ids, distances, null, TestContext.Current.CancellationToken);

        for (int i = 0; i < 500; i++)
        {
            (int[] one, float[] oneDistances) = index.Nearest(vectors[(i * 19)..(i * 19 + 19)], 3);
            Assert.Equal(one, ids[(3 * i)..(3 * i + 3)]);
            Assert.Equal(oneDistances, distances[(3 * i)..(3 * i + 3)]);
        }
    }

    [Fact]
    public void ACopiedVectorIsTheOneGivenAndNormalisedUnderCosine()
    {
        float[] copy = new float[2];

        FlatIndex.Build(Points, 2, AnnMetric.L2).CopyVector(2, copy);
        Assert.Equal([3f, 3f], copy);

        FlatIndex.Build([3f, 4f], 2).CopyVector(0, copy);
        Assert.Equal([0.6f, 0.8f], copy);
    }

    [Fact]
    public void VectorsThatCannotBeComparedAreRefusedByNumber()
    {
        ArgumentException nan = Assert.Throws<ArgumentException>(() => FlatIndex.Build([1f, 2, float.NaN, 4], 2));
        Assert.Contains("Vector 1 holds NaN", nan.Message);

        ArgumentException zero = Assert.Throws<ArgumentException>(() => FlatIndex.Build([1f, 2, 0, 0], 2, AnnMetric.Cosine));
        Assert.Contains("Vector 1 is all zeros", zero.Message);
        Assert.Equal(2, FlatIndex.Build([1f, 2, 0, 0], 2, AnnMetric.L2).Count);
    }

    [Fact]
    public void VectorsOfTheWrongShapeAreRefused()
    {
        Assert.Contains("There are no vectors", Assert.Throws<ArgumentException>(() => FlatIndex.Build(Enumerable.Empty<float[]>())).Message);
        Assert.Contains("not one or more whole vectors", Assert.Throws<ArgumentException>(() => FlatIndex.Build([1f, 2, 3], 2)).Message);
        Assert.Contains("Vector 1 has 1 components", Assert.Throws<ArgumentException>(() => FlatIndex.Build(new float[][] { [1, 2], [3] })).Message);
        Assert.Contains("Vector 0 is empty", Assert.Throws<ArgumentException>(() => FlatIndex.Build(new float[][] { [] })).Message);
    }

    [Fact]
    public void QueriesThatDoNotFitAreRefused()
    {
        FlatIndex index = FlatIndex.Build(Points, 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => index.Nearest([1, 1], 0));
        Assert.Contains("3 components, the index has dimension 2", Assert.Throws<ArgumentException>(() => index.Nearest([1, 1, 1], 1)).Message);
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => index.Nearest([1, float.PositiveInfinity], 1)).Message);
        Assert.Contains("all zeros", Assert.Throws<ArgumentException>(() => index.Nearest([0, 0], 1)).Message);
        Assert.Contains("room for 2", Assert.Throws<ArgumentException>(() => index.Search([1, 1], 2, new int[2], new float[1])).Message);
    }

    [Fact]
    public void WhereThereAreFewerThanAskedForTheRestIsMarked()
    {
        FlatIndex index = FlatIndex.Build(Points, 2, AnnMetric.L2);
        int[] ids = new int[6];
        float[] distances = new float[6];

        Assert.Equal(4, index.Search([1, 1], 6, ids, distances));
        Assert.Equal([0, 1, 3, 2, -1, -1], ids);
        Assert.Equal([1, 2, 5, 8, float.PositiveInfinity, float.PositiveInfinity], distances);
    }

    [Fact]
    public void HugeAndTinyVectorsKeepTheirDirection()
    {
        FlatIndex index = FlatIndex.Build([1e30f, 0, 0, 1e-40f], 2, AnnMetric.Cosine);

        (int[] ids, float[] distances) = index.Nearest([0, 3e38f], 2);

        Assert.Equal([1, 0], ids);
        Assert.Equal([0f, 1f], distances);
    }

    private static double Definition(AnnMetric metric, ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, aa = 0, bb = 0, squares = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
            squares += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        }
        return metric switch
        {
            AnnMetric.Cosine => 1 - dot / Math.Sqrt(aa * bb),
            AnnMetric.InnerProduct => -dot,
            _ => squares,
        };
    }
}

// How well codes estimate distances: within the bounds that theory gives, without bias, and well enough to find neighbours by.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Codecs;

public sealed class QuantizedVectorStoreTests
{
    // A component that a rotation has made Gaussian is at cosine 0.90 to its ternary code and 0.80 to its sign; the estimate of a
    // product then has a standard error of |q||x| tan / sqrt(D). Int8 is finer by two orders of magnitude.
    public static TheoryData<VectorCodec, double> Errors => new() { { VectorCodec.Int8, 0.02 }, { VectorCodec.Ternary, 0.52 }, { VectorCodec.Binary, 0.80 } };

    [Theory]
    [MemberData(nameof(Errors))]
    public void EstimatesOfProductsAreUnbiasedAndAsExactAsTheCodesAllow(VectorCodec codec, double error)
    {
        foreach (int clusters in (int[])[1, 8, 2000])
        {
            foreach (int dimension in (int[])[96, 128, 300])
            {
                float[] vectors = TestVectors.Clustered(300, dimension, clusters, 11);
                CheckErrors(codec, vectors, dimension, error);
            }
        }
    }

    [Theory]
    [InlineData(VectorCodec.Int8)]
    [InlineData(VectorCodec.Ternary)]
    [InlineData(VectorCodec.Binary)]
    public void ProductsAndCosinesAreEstimatedTheSameWay(VectorCodec codec)
    {
        float[] vectors = TestVectors.Clustered(500, 200, 10, 12);
        double bound = codec == VectorCodec.Int8 ? 0.002 : 0.1;
        foreach (AnnMetric metric in (AnnMetric[])[AnnMetric.InnerProduct, AnnMetric.Cosine])
        {
            float[] exact = StoreTesting.Create(VectorCodec.Float32, metric, vectors, 200).Distances(vectors[..200]);
            float[] coded = StoreTesting.Create(codec, metric, vectors, 200).Distances(vectors[..200]);
            double spread = exact.Max() - exact.Min();
            Assert.True(exact.Zip(coded, (a, b) => Math.Abs(a - b)).Average() < bound * spread);
        }
    }

    [Theory]
    [InlineData(VectorCodec.Ternary, 100, 0.95)]
    [InlineData(VectorCodec.Binary, 200, 0.90)]
    [InlineData(VectorCodec.Int8, 20, 0.99)]
    public void TheNearestAreAmongTheBestByCodes(VectorCodec codec, int candidates, double recall)
    {
        const int Count = 2000, Dimension = 96, K = 10;
        float[] vectors = TestVectors.Clustered(Count + 40, Dimension, 30, 13);
        float[] stored = vectors[..(Count * Dimension)];
        VectorStore exact = StoreTesting.Create(VectorCodec.Float32, AnnMetric.L2, stored, Dimension), coded = StoreTesting.Create(codec, AnnMetric.L2, stored, Dimension);
        int found = 0;
        for (int start = Count * Dimension; start < vectors.Length; start += Dimension)
        {
            float[] query = vectors[start..(start + Dimension)];
            found += Best(exact.Distances(query), K).Intersect(Best(coded.Distances(query), candidates)).Count();
        }
        Assert.True(found >= recall * 40 * K, $"{found} of {40 * K}");
    }

    [Theory]
    [InlineData(VectorCodec.Ternary, 384, 96 + 8)]
    [InlineData(VectorCodec.Ternary, 784, 200 + 8)]
    [InlineData(VectorCodec.Binary, 784, 104 + 8)]
    [InlineData(VectorCodec.Int8, 784, 784 + 8)]
    [InlineData(VectorCodec.Float16, 784, 1600)]
    [InlineData(VectorCodec.Float32, 784, 3136)]
    public void RowsTakeTheBytesThatTheirCodesNeed(VectorCodec codec, int dimension, int bytes) =>
        Assert.Equal(bytes, VectorStores.RowBytes(codec, dimension));

    // Over several rotations: vectors that are alike have errors that are alike, but not in another rotation.
    private static void CheckErrors(VectorCodec codec, float[] vectors, int dimension, double error)
    {
        const int Seeds = 8, Queries = 20;
        VectorStore exact = StoreTesting.Create(VectorCodec.Float32, AnnMetric.L2, vectors, dimension);
        double[] lengths = LengthsFromMean(vectors, dimension);
        double sum = 0, squares = 0;
        int pairs = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            VectorStore coded = StoreTesting.Create(codec, AnnMetric.L2, vectors, dimension, seed);
            for (int query = 0; query < Queries; query++)
            {
                float[] q = vectors[(query * dimension)..((query + 1) * dimension)];
                float[] expected = exact.Distances(q), estimated = coded.Distances(q);
                for (int id = Queries; id < expected.Length; id++, pairs++)
                {
                    // In units of the standard error of a code whose angle's tangent is 1.
                    double relative = (estimated[id] - expected[id]) / (2 * lengths[query] * lengths[id] / Math.Sqrt(dimension));
                    sum += relative;
                    squares += relative * relative;
                }
            }
        }
        Assert.InRange(Math.Sqrt(squares / pairs), 0, error);
        Assert.InRange(sum / pairs, -0.1 * error, 0.1 * error);
    }

    private static double[] LengthsFromMean(float[] vectors, int dimension)
    {
        int count = vectors.Length / dimension;
        double[] mean = new double[dimension];
        for (int i = 0; i < vectors.Length; i++)
            mean[i % dimension] += vectors[i] / (double)count;
        double[] lengths = new double[count];
        for (int i = 0; i < vectors.Length; i++)
            lengths[i / dimension] += Math.Pow(vectors[i] - mean[i % dimension], 2);
        return Array.ConvertAll(lengths, Math.Sqrt);
    }

    private static IEnumerable<int> Best(float[] distances, int count) =>
        Enumerable.Range(0, distances.Length).OrderBy(id => distances[id]).Take(count);
}

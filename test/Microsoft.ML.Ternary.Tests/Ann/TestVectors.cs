// Vectors that look like embeddings: groups around centres, with a few directions of variation inside each and a little noise.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

internal static class TestVectors
{
    /// <summary><paramref name="count"/> vectors in <paramref name="clusters"/> groups, one after the other.</summary>
    public static float[] Clustered(int count, int dimension, int clusters, int seed)
    {
        Random random = new(seed);
        float[] centers = Normal(random, clusters * dimension);
        float[] vectors = Normal(random, count * dimension);
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] *= 0.4f;
        for (int i = 0; i < count; i++)
        {
            int center = random.Next(clusters);
            for (int j = 0; j < dimension; j++)
                vectors[i * dimension + j] += centers[center * dimension + j];
        }
        return vectors;
    }

    /// <summary>The share of the exact k nearest that an index finds, over all queries.</summary>
    public static double Recall(VectorIndex index, VectorIndex exact, float[] queries, int k, SearchOptions? options = null)
    {
        int count = queries.Length / index.Dimension;
        int[] found = new int[count * k], expected = new int[count * k];
        float[] distances = new float[count * k];
        index.SearchBatch(queries, k, found, distances, options);
        exact.SearchBatch(queries, k, expected, distances);
        int hits = 0;
        for (int i = 0; i < count; i++)
            hits += found.AsSpan(i * k, k).ToArray().Intersect(expected.AsSpan(i * k, k).ToArray()).Count();
        return hits / (double)(count * k);
    }

    /// <summary>An HNSW index whose build ends when the test run is cancelled.</summary>
    public static HnswIndex Hnsw(float[] vectors, int dimension, HnswOptions? options = null) =>
        HnswIndex.Build(vectors, dimension, options, null, TestContext.Current.CancellationToken);

    /// <summary>The ids and distances of one search.</summary>
    public static (int[] Ids, float[] Distances) Nearest(this VectorIndex index, float[] query, int k, SearchOptions? options = null)
    {
        int[] ids = new int[k];
        float[] distances = new float[k];
        index.Search(query, k, ids, distances, options);
        return (ids, distances);
    }

    /// <summary>An index in its file's bytes.</summary>
    public static byte[] Bytes(this VectorIndex index)
    {
        MemoryStream stream = new();
        index.Save(stream);
        return stream.ToArray();
    }

    private static float[] Normal(Random random, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }
}

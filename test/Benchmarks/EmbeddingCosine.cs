// How alike two engines' embeddings of one batch are.
using System.Numerics.Tensors;

namespace Benchmarks;

internal static class EmbeddingCosine
{
    /// <summary>The least cosine between embeddings of the same sequence.</summary>
    /// <exception cref="ArgumentException">There are not as many values in both.</exception>
    public static double Least(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, int dimension)
    {
        if (actual.Length != expected.Length)
            throw new ArgumentException($"There are {actual.Length} values, {expected.Length} were expected.", nameof(actual));
        double least = double.PositiveInfinity;
        for (int start = 0; start < expected.Length; start += dimension)
        {
            double cosine = TensorPrimitives.CosineSimilarity(actual.Slice(start, dimension), expected.Slice(start, dimension));
            // Not a number is as far from agreement as can be.
            least = Math.Min(least, double.IsNaN(cosine) ? double.NegativeInfinity : cosine);
        }
        return least;
    }
}

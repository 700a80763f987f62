// How near a compressed model's embeddings stay to its teacher's, text by text.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Agreement of two models' embeddings of the same texts.</summary>
/// <param name="CosineMean">Mean cosine.</param>
/// <param name="CosineP5">The cosine that 5 % of the texts stay below, interpolated between neighbours.</param>
public sealed record EmbeddingAgreement(double CosineMean, double CosineP5)
{
    /// <summary>Compares embeddings, both given row by row, <paramref name="dimension"/> components each.</summary>
    /// <exception cref="ArgumentException">The sides differ in length, are empty, or are not whole rows.</exception>
    public static EmbeddingAgreement Measure(ReadOnlySpan<float> first, ReadOnlySpan<float> second, int dimension)
    {
        double[] cosines = Cosines(first, second, dimension);
        return new EmbeddingAgreement(cosines.Average(), Percentile.Of(cosines, 5));
    }

    /// <summary>The cosine of each pair of rows; 0 where a row is all zeros.</summary>
    /// <exception cref="ArgumentException">The sides differ in length, are empty, or are not whole rows.</exception>
    public static double[] Cosines(ReadOnlySpan<float> first, ReadOnlySpan<float> second, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (first.Length != second.Length || first.Length == 0 || first.Length % dimension != 0)
            throw new ArgumentException($"Expected two times the same number of rows of {dimension} components, got {first.Length} and {second.Length} values.");
        double[] cosines = new double[first.Length / dimension];
        for (int i = 0; i < cosines.Length; i++)
            cosines[i] = Cosine(first.Slice(i * dimension, dimension), second.Slice(i * dimension, dimension));
        return cosines;
    }

    /// <summary>The cosine of two rows; 0 where one is all zeros.</summary>
    internal static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double norms = Math.Sqrt((double)TensorPrimitives.SumOfSquares(a) * TensorPrimitives.SumOfSquares(b));
        return norms == 0 ? 0 : TensorPrimitives.Dot(a, b) / norms;
    }
}

// How near a compressed model's embeddings stay to its teacher's, text by text.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Agreement of two models' embeddings of the same texts.</summary>
/// <param name="CosineMean">Mean cosine.</param>
/// <param name="CosineP5">The cosine that 5 % of the texts stay below.</param>
public sealed record EmbeddingAgreement(double CosineMean, double CosineP5)
{
    /// <summary>Compares embeddings, both given row by row, <paramref name="dimension"/> components each.</summary>
    /// <exception cref="ArgumentException">The sides differ in length, are empty, or are not whole rows.</exception>
    public static EmbeddingAgreement Measure(ReadOnlySpan<float> first, ReadOnlySpan<float> second, int dimension)
    {
        double[] cosines = Cosines(first, second, dimension);
        return new EmbeddingAgreement(cosines.Average(), Percentile(cosines, 5));
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
        {
            ReadOnlySpan<float> a = first.Slice(i * dimension, dimension), b = second.Slice(i * dimension, dimension);
            double norms = Math.Sqrt((double)TensorPrimitives.SumOfSquares(a) * TensorPrimitives.SumOfSquares(b));
            cosines[i] = norms == 0 ? 0 : TensorPrimitives.Dot(a, b) / norms;
        }
        return cosines;
    }

    /// <summary>The value that <paramref name="percent"/> % of the values stay below, interpolated linearly between neighbours.</summary>
    internal static double Percentile(ReadOnlySpan<double> values, double percent)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        double position = (sorted.Length - 1) * percent / 100;
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}

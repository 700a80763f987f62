// The ways to round a matrix that are compared, each a name and what it makes of the weights.
using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Rounding;

/// <summary>A way to round a model without training.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Round">Gives the model with the encoder's linear layers rounded, in float32.</param>
internal sealed record RoundingMethod(string Name, Func<EmbeddingModel, EmbeddingModel> Round)
{
    /// <summary>All methods, coarsest first.</summary>
    public static IReadOnlyList<RoundingMethod> All { get; } =
    [
        Digits("1 digit, a scale a matrix", TernaryScaling.PerMatrix(), 1),
        Digits("1 digit, a scale a row", TernaryScaling.PerRow(), 1),
        Digits("2 digits, a scale a matrix", TernaryScaling.PerMatrix(), 2),
        Digits("2 digits, a scale a row", TernaryScaling.PerRow(), 2),
        EachLayer("2 digits, a scale a row, each row's own best step", OwnStep),
        EachLayer("2 planes, a scale each a row, greedy", TwoPlanes.Greedy),
        EachLayer("2 planes, a scale each a row, alternating", TwoPlanes.Alternating),
        new("4 bits, a scale a row", model => ModelRounder.Round(model, bits: 4, ModelRounder.WholeRow)),
        new("4 bits, groups of 32", model => ModelRounder.Round(model, bits: 4)),
    ];

    /// <summary>Two digits with steps around the best.</summary>
    public static IEnumerable<RoundingMethod> Steps =>
        Enumerable.Range(0, 16).Select(i => 0.5f + 0.02f * i).SelectMany(step => new[]
        {
            Digits(string.Create(CultureInfo.InvariantCulture, $"2 digits, a scale a matrix, step {step:0.00}"), TernaryScaling.PerMatrix(step: step), 2),
            Digits(string.Create(CultureInfo.InvariantCulture, $"2 digits, a scale a row, step {step:0.00}"), TernaryScaling.PerRow(step: step), 2),
        });

    private static RoundingMethod Digits(string name, TernaryScaling scaling, int digits) =>
        EachLayer(name, dense => ModelTernarizer.TernarizeLayer(dense, scaling, digits).ToDense());

    // What is left to gain by a better scale, the codes being what they are.
    private static DenseLinearWeights OwnStep(DenseLinearWeights weights)
    {
        int columns = weights.InputSize;
        float[] best = new float[weights.Matrix.Length];
        for (float step = 0.5f; step < 1.6f; step += 0.05f)
        {
            float[] tried = ModelTernarizer.TernarizeLayer(weights, TernaryScaling.PerRow(step: step), digits: 2).ToDense().Matrix;
            for (int start = 0; start < best.Length; start += columns)
            {
                ReadOnlySpan<float> row = weights.Matrix.AsSpan(start, columns), values = tried.AsSpan(start, columns);
                if (TensorPrimitives.Distance(row, values) < TensorPrimitives.Distance(row, best.AsSpan(start, columns)))
                    values.CopyTo(best.AsSpan(start, columns));
            }
        }
        return weights with { Matrix = best };
    }

    private static RoundingMethod EachLayer(string name, Func<DenseLinearWeights, DenseLinearWeights> round) =>
        new(name, model => ModelTernarizer.MapLinears(model, ModelRounder.ProvenanceKey, name, (_, weights) => round((DenseLinearWeights)weights)));
}

// Two ternary planes with a scale each, w = s1 t1 + s2 t2: what a second digit is measured against. Balanced ternary is the case
// s1 = 3 s2, whose codes a kernel takes in one pass.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Rounding;

/// <summary>Rounds rows to two ternary planes.</summary>
internal static class TwoPlanes
{
    private const int Iterations = 20;

    /// <summary>The first plane by the rule for one digit, the second by the same rule on what is left.</summary>
    public static DenseLinearWeights Greedy(DenseLinearWeights weights)
    {
        float[] first = OneDigit(weights);
        float[] rest = [.. weights.Matrix.Zip(first, (w, q) => w - q)];
        float[] second = OneDigit(weights with { Matrix = rest });
        return weights with { Matrix = [.. first.Zip(second, (a, b) => a + b)] };
    }

    /// <summary>Codes and scales in turn, each the best for the other, from the greedy scales and from balanced ones; the better of
    /// the two for every row.</summary>
    public static DenseLinearWeights Alternating(DenseLinearWeights weights)
    {
        int columns = weights.InputSize;
        float[] rounded = new float[weights.Matrix.Length];
        float[] first = OneDigit(weights);
        float[] second = OneDigit(weights with { Matrix = [.. weights.Matrix.Zip(first, (w, q) => w - q)] });
        float[] balanced = [.. ModelTernarizer.TernarizeLayer(weights, TernaryScaling.PerRow(), digits: 2).Matrix.Scales.Span];
        for (int row = 0; row < weights.OutputSize; row++)
        {
            Range range = (row * columns)..((row + 1) * columns);
            ReadOnlySpan<float> values = weights.Matrix.AsSpan(range);
            (double Large, double Small) fromGreedy = Improve(values, (Largest(first.AsSpan(range)), Largest(second.AsSpan(range))));
            (double Large, double Small) fromBalanced = Improve(values, (3 * balanced[row], balanced[row]));
            Write(values, Error(values, fromGreedy) <= Error(values, fromBalanced) ? fromGreedy : fromBalanced, rounded.AsSpan(range));
        }
        return weights with { Matrix = rounded };
    }

    private static float[] OneDigit(DenseLinearWeights weights) => ModelTernarizer.TernarizeLayer(weights, TernaryScaling.PerRow(), digits: 1).ToDense().Matrix;

    private static float Largest(ReadOnlySpan<float> values) => System.Numerics.Tensors.TensorPrimitives.Max(values);

    private static (double Large, double Small) Improve(ReadOnlySpan<float> values, (double Large, double Small) scales)
    {
        for (int i = 0; i < Iterations; i++)
        {
            double aa = 0, ab = 0, bb = 0, wa = 0, wb = 0;
            foreach (float value in values)
            {
                (int a, int b) = Nearest(value, scales);
                (aa, ab, bb) = (aa + a * a, ab + a * b, bb + b * b);
                (wa, wb) = (wa + value * a, wb + value * b);
            }
            double determinant = aa * bb - ab * ab;
            if (determinant == 0)
                break;
            scales = ((wa * bb - wb * ab) / determinant, (wb * aa - wa * ab) / determinant);
        }
        return scales;
    }

    private static (int A, int B) Nearest(double value, (double Large, double Small) scales)
    {
        (int, int) best = (0, 0);
        double least = double.PositiveInfinity;
        for (int a = -1; a <= 1; a++)
        {
            for (int b = -1; b <= 1; b++)
            {
                double distance = Math.Abs(value - a * scales.Large - b * scales.Small);
                if (distance < least)
                    (least, best) = (distance, (a, b));
            }
        }
        return best;
    }

    private static double Error(ReadOnlySpan<float> values, (double Large, double Small) scales)
    {
        float[] rounded = new float[values.Length];
        Write(values, scales, rounded);
        double distance = System.Numerics.Tensors.TensorPrimitives.Distance<float>(values, rounded);
        return distance * distance;
    }

    private static void Write(ReadOnlySpan<float> values, (double Large, double Small) scales, Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++)
        {
            (int a, int b) = Nearest(values[i], scales);
            destination[i] = (float)(a * scales.Large + b * scales.Small);
        }
    }
}

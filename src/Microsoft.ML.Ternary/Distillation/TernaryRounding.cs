// The rules of TernaryMatrix.Ternarize in passes wide enough to be taken after every step of training.
using System.Numerics;
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Distillation;

internal static class TernaryRounding
{
    private const float LargestCode = 4;

    /// <summary>Rounds weights that share a scale, a row or a matrix, to codes, and returns the scale.</summary>
    /// <param name="weights">The full-precision weights.</param>
    /// <param name="scaling">The rule.</param>
    /// <param name="digits">Ternary digits a weight, 1 or 2.</param>
    /// <param name="codes">Receives a code a weight.</param>
    public static float Round(ReadOnlySpan<float> weights, TernaryScaling scaling, int digits, Span<float> codes)
    {
        float mean = TensorPrimitives.SumOfMagnitudes(weights) / weights.Length;
        if (digits == 2)
            return TwoDigits(weights, scaling.Step * mean, codes);
        float factor = scaling.Threshold * mean;
        float threshold = scaling.IsPerRow ? factor : factor / 2;
        OneDigit(weights, threshold, codes);
        return scaling.IsPerRow ? MeanMagnitudeAbove(weights, threshold) : factor;
    }

    // clamp(round(w / step), -4, 4), and the least-squares scale of these codes: Σ w code / Σ code².
    private static float TwoDigits(ReadOnlySpan<float> weights, float step, Span<float> codes)
    {
        if (!(step > 0))
        {
            codes[..weights.Length].Clear();
            return 0;
        }
        float inverse = 1 / step;
        var limit = new Vector<float>(LargestCode);
        // Sums of some hundred values each, added in double: a matrix that shares a scale has millions.
        double product = 0, square = 0;
        int i = 0;
        while (i <= weights.Length - Vector<float>.Count)
        {
            Vector<float> products = Vector<float>.Zero, squares = Vector<float>.Zero;
            int end = Math.Min(i + 1024 * Vector<float>.Count, weights.Length);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                var weight = new Vector<float>(weights[i..]);
                Vector<float> code = Vector.Min(Vector.Max(Vector.Round(weight * inverse), -limit), limit);
                code.CopyTo(codes[i..]);
                products += weight * code;
                squares += code * code;
            }
            product += Vector.Sum(products);
            square += Vector.Sum(squares);
        }
        for (; i < weights.Length; i++)
        {
            float code = Math.Clamp(MathF.Round(weights[i] * inverse), -LargestCode, LargestCode);
            codes[i] = code;
            product += weights[i] * code;
            square += code * code;
        }
        return square > 0 ? (float)(product / square) : 0;
    }

    // 1 if w > threshold, -1 if w < -threshold, else 0. |w| = threshold rounds to the even code, 0.
    private static void OneDigit(ReadOnlySpan<float> weights, float threshold, Span<float> codes)
    {
        var limit = new Vector<float>(threshold);
        int i = 0;
        for (; i <= weights.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var w = new Vector<float>(weights[i..]);
            Vector<float> positive = Vector.ConditionalSelect(Vector.GreaterThan(w, limit), Vector<float>.One, Vector<float>.Zero);
            Vector.ConditionalSelect(Vector.LessThan(w, -limit), -Vector<float>.One, positive).CopyTo(codes[i..]);
        }
        for (; i < weights.Length; i++)
            codes[i] = weights[i] > threshold ? 1 : weights[i] < -threshold ? -1 : 0;
    }

    private static float MeanMagnitudeAbove(ReadOnlySpan<float> weights, float threshold)
    {
        var limit = new Vector<float>(threshold);
        Vector<float> sums = Vector<float>.Zero, counts = Vector<float>.Zero;
        int i = 0;
        for (; i <= weights.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> magnitude = Vector.Abs(new Vector<float>(weights[i..]));
            var kept = Vector.GreaterThan(magnitude, limit);
            sums += Vector.ConditionalSelect(kept, magnitude, Vector<float>.Zero);
            counts += Vector.ConditionalSelect(kept, Vector<float>.One, Vector<float>.Zero);
        }
        float sum = Vector.Sum(sums), count = Vector.Sum(counts);
        for (; i < weights.Length; i++)
        {
            if (MathF.Abs(weights[i]) > threshold)
                (sum, count) = (sum + MathF.Abs(weights[i]), count + 1);
        }
        return count > 0 ? sum / count : 0;
    }
}

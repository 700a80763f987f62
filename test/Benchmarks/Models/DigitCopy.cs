// The same model with two ternary digits a weight in some of its layers, to measure what they cost. What a second digit does for
// quality is another matter: here it must change nothing, so that every engine computes the same function and is checked against
// the same numbers, and the speed of the kernels does not depend on what the codes are.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Models;

/// <summary>Copies of models in which weights c x scale are 4 c x (scale / 4), which is the same number.</summary>
internal static class DigitCopy
{
    /// <summary>A copy whose ternary layers have the digits that <paramref name="digits"/> says.</summary>
    public static EmbeddingModel Of(EmbeddingModel model, TernaryDigits digits)
    {
        HashSet<string> two = digits.LayersOfTwo(model);
        if (two.Count == 0)
            return model;
        return model.With(model.Weights with
        {
            Layers = [.. model.Weights.Layers.Select((layer, i) => layer.MapLinears((name, weights) =>
                two.Contains($"encoder.layer.{i}.{name}") && weights is TernaryLinearWeights { Matrix.Digits: 1 } ternary
                    ? new TernaryLinearWeights(TwoDigits(ternary.Matrix), ternary.Bias)
                    : weights))],
        });
    }

    private static TernaryMatrix TwoDigits(TernaryMatrix matrix)
    {
        sbyte[] codes = new sbyte[matrix.Rows * matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
            matrix.UnpackRow(row, codes.AsSpan(row * matrix.Columns, matrix.Columns));
        foreach (ref sbyte code in codes.AsSpan())
            code *= 4;
        float[] scales = matrix.Scales.ToArray();
        foreach (ref float scale in scales.AsSpan())
            scale /= 4;
        return TernaryMatrix.FromCodes(codes, matrix.Rows, matrix.Columns, scales, digits: 2);
    }
}

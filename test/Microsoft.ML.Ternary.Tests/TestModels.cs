// Models that many tests need.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests;

internal static class TestModels
{
    /// <summary>A tiny random model in full precision.</summary>
    public static EmbeddingModel Tiny(string name = "st-mean") => HuggingFaceFolder.Load(TestPaths.Tiny(name));

    /// <summary>The same model with its encoder's linear layers rounded to ternary, one scale a row.</summary>
    public static EmbeddingModel Ternary(EmbeddingModel model) => model.With(model.Weights with
    {
        Layers = [.. model.Weights.Layers.Select(layer => layer.MapLinears((_, linear) => Ternary((DenseLinearWeights)linear)))],
    });

    private static TernaryLinearWeights Ternary(DenseLinearWeights linear) =>
        new(TernaryMatrix.Ternarize(linear.Matrix, linear.OutputSize, linear.InputSize, TernaryScaling.PerRow()), linear.Bias);

    /// <summary>All rows of a table, one after another.</summary>
    public static float[] Rows(EmbeddingTable table)
    {
        float[] values = new float[table.Rows * table.Columns];
        for (int i = 0; i < table.Rows; i++)
            table.CopyRow(i, values.AsSpan(i * table.Columns, table.Columns));
        return values;
    }
}

// What peers in float32 need of a model: its weights as plain numbers.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Engines;

/// <summary>A model's weights in float32.</summary>
internal static class DenseWeights
{
    /// <summary>All rows of an embedding table.</summary>
    public static float[] Rows(EmbeddingTable table)
    {
        float[] values = new float[checked(table.Rows * table.Columns)];
        for (int row = 0; row < table.Rows; row++)
            table.CopyRow(row, values.AsSpan(row * table.Columns, table.Columns));
        return values;
    }

    /// <summary>Position embeddings with the embedding of token type 0, which sentences have, added to each.</summary>
    public static float[] PositionsWithType(BertWeights weights)
    {
        int hidden = weights.EmbeddingNorm.Gain.Length;
        float[] values = (float[])weights.PositionEmbeddings.Clone();
        for (int i = 0; i < values.Length; i++)
            values[i] += weights.TokenTypeEmbeddings[i % hidden];
        return values;
    }

    /// <summary>A linear layer's ternary matrix; the peers hold the same weights as our model.</summary>
    /// <exception cref="NotSupportedException">The layer is not ternary.</exception>
    public static TernaryMatrix Ternary(LinearWeights weights) => weights is TernaryLinearWeights ternary
        ? ternary.Matrix
        : throw new NotSupportedException("The benchmark measures models whose linear layers are ternary; a layer of this model is not.");

    /// <summary>Code x scale, outputs x inputs.</summary>
    /// <exception cref="NotSupportedException">The layer is not ternary.</exception>
    public static float[] Values(LinearWeights weights) => new TernaryLinearWeights(Ternary(weights), weights.Bias).ToDense().Matrix;
}

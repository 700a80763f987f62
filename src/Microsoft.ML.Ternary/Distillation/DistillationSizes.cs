// Bytes of parameters, before and after.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DistillationSizes
{
    /// <summary>Bytes of all encoder parameters in float32.</summary>
    public static long Float32Bytes(EmbeddingModel model) => sizeof(float) * (
        EmbeddingParameters(model.Weights) + model.Weights.Layers.Sum(layer => Norms(layer) + layer.Linears().Sum(part =>
            (long)part.Weights.OutputSize * (part.Weights.InputSize + 1))));

    /// <summary>Bytes of the same parameters with ternary matrices at 1.6 bits a weight and the rest in float32.</summary>
    public static long Bytes(BertWeights weights) =>
        sizeof(float) * EmbeddingParameters(weights)
        + weights.Layers.Sum(layer => sizeof(float) * Norms(layer) + layer.Linears().Sum(part => Bytes(part.Weights)));

    private static long Bytes(LinearWeights weights) => sizeof(float) * (long)weights.OutputSize + weights switch
    {
        TernaryLinearWeights ternary => ternary.Matrix.Packed.Length + sizeof(float) * (long)ternary.Matrix.Scales.Length,
        _ => sizeof(float) * (long)weights.OutputSize * weights.InputSize,
    };

    private static long EmbeddingParameters(BertWeights weights) =>
        (long)weights.TokenEmbeddings.Rows * weights.TokenEmbeddings.Columns
        + weights.PositionEmbeddings.Length + weights.TokenTypeEmbeddings.Length
        + weights.EmbeddingNorm.Gain.Length + weights.EmbeddingNorm.Bias.Length;

    private static long Norms(BertLayerWeights layer) =>
        layer.AttentionNorm.Gain.Length + layer.AttentionNorm.Bias.Length + layer.OutputNorm.Gain.Length + layer.OutputNorm.Bias.Length;
}

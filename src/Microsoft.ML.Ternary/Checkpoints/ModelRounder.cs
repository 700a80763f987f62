// Rounds a model to a few bits without training: what a user would pick instead of a ternary model, and so a row of every
// comparison.
using System.Globalization;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Makes copies of a model whose weights have few bits by rounding them (post-training quantisation).</summary>
/// <remarks>Only the linear layers inside the encoder change. No kernel here takes such weights packed, so the copy holds the rounded
/// values in float32 and runs at the speed of a model in full precision; its provenance says so.</remarks>
public static class ModelRounder
{
    /// <summary>The key under which <see cref="EncoderModel.Provenance"/> says how the weights were rounded.</summary>
    public const string ProvenanceKey = "quantization";

    /// <summary>The group size that gives a row of weights one scale.</summary>
    public const int WholeRow = -1;

    /// <summary>Rounds every full-precision linear layer of the encoder: value = code x scale, the codes two's-complement of
    /// <paramref name="bits"/> bits, the scales in float16 and each that of least squared error among a few.</summary>
    /// <param name="model">The model; layers that are ternary already stay as they are.</param>
    /// <param name="bits">Bits of a code, 2 to 8.</param>
    /// <param name="groupSize">Neighbouring weights of a row that share a scale; <see cref="WholeRow"/> for all.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such bits or groups.</exception>
    public static TModel Round<TModel>(TModel model, int bits = 4, int groupSize = GroupRounding.GroupSize) where TModel : EncoderModel
    {
        ArgumentNullException.ThrowIfNull(model);
        GroupRounding rounding = new(bits);
        if (groupSize != WholeRow)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groupSize);
        string scales = groupSize == WholeRow ? "a row" : string.Create(CultureInfo.InvariantCulture, $"for every {groupSize} weights of a row");
        string provenance = string.Create(CultureInfo.InvariantCulture, $"rounded without training to {bits} bits, one float16 scale {scales}; runs dense, in float32");
        return ModelTernarizer.MapLinears(model, ProvenanceKey, provenance, (_, weights) =>
            weights is DenseLinearWeights dense ? Round(dense, rounding, groupSize) : weights);
    }

    private static DenseLinearWeights Round(DenseLinearWeights dense, GroupRounding rounding, int groupSize)
    {
        int columns = dense.InputSize;
        float[] rounded = new float[dense.Matrix.Length];
        for (int row = 0; row < dense.OutputSize; row++)
            rounding.Round(dense.Matrix.AsSpan(row * columns, columns), rounded.AsSpan(row * columns, columns), groupSize == WholeRow ? columns : groupSize);
        return dense with { Matrix = rounded };
    }
}

// Rounds a model to ternary without training: what distillation starts from and has to beat, and with zeros in place of the
// weights, the floor below both.
using System.Globalization;
using System.IO.Enumeration;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Makes ternary copies of a model by rounding its weights (post-training quantisation).</summary>
/// <remarks>Only the linear layers inside the encoder change; embeddings, norms, biases and dense modules stay. Linear layers
/// are named as in Hugging Face's checkpoints of BERT, for example <c>encoder.layer.0.attention.self.query</c>, in image models
/// too.</remarks>
public static class ModelTernarizer
{
    /// <summary>The key under which <see cref="EncoderModel.Provenance"/> says how the weights became ternary.</summary>
    public const string ProvenanceKey = "ternarization";

    /// <summary>Rounds every full-precision linear layer of the encoder.</summary>
    /// <param name="model">The model; layers that are ternary already stay as they are.</param>
    /// <param name="scaling">Where the threshold lies and which scale the codes carry.</param>
    /// <param name="fullPrecision">Layers to leave alone: names in which * stands for any characters, such as
    /// <c>encoder.layer.5.attention.*</c> or <c>*.output.dense</c>; null for none.</param>
    /// <param name="digits">How many ternary digits the weights of each layer have; null for one.</param>
    /// <exception cref="ArgumentException">A name in <paramref name="fullPrecision"/> or in <paramref name="digits"/> fits no
    /// layer.</exception>
    public static TModel Ternarize<TModel>(
        TModel model, TernaryScaling scaling, IReadOnlyCollection<string>? fullPrecision = null, TernaryDigits? digits = null)
        where TModel : EncoderModel
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(scaling);
        HashSet<string> kept = SelectLinears(model, fullPrecision ?? []);
        digits ??= TernaryDigits.One;
        HashSet<string> two = digits.LayersOfTwo(model);
        return MapLinears(model, ProvenanceKey, Describe(scaling, digits, two.Count), (name, weights) =>
            weights is DenseLinearWeights dense && !kept.Contains(name) ? TernarizeLayer(dense, scaling, two.Contains(name) ? 2 : 1) : weights);
    }

    /// <summary>Rounds one layer.</summary>
    internal static TernaryLinearWeights TernarizeLayer(DenseLinearWeights dense, TernaryScaling scaling, int digits) =>
        new(TernaryMatrix.Ternarize(dense.Matrix, dense.OutputSize, dense.InputSize, scaling, digits), dense.Bias);

    /// <summary>Replaces every weight of the encoder's linear layers by zero and keeps the biases: what a model does when its
    /// encoder knows nothing.</summary>
    public static TModel ZeroEncoder<TModel>(TModel model) where TModel : EncoderModel
    {
        ArgumentNullException.ThrowIfNull(model);
        return MapLinears(model, ProvenanceKey, "all weights zero", (_, weights) =>
        {
            sbyte[] zeros = new sbyte[checked(weights.OutputSize * weights.InputSize)];
            return new TernaryLinearWeights(TernaryMatrix.FromCodes(zeros, weights.OutputSize, weights.InputSize, [1]), weights.Bias);
        });
    }

    /// <summary>The names of all linear layers of the encoder, first to last.</summary>
    public static IReadOnlyList<string> LinearNames(EncoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        string[] names = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"];
        return [.. Enumerable.Range(0, config.LayerCount).SelectMany(layer => names.Select(name => LinearName(layer, name)))];
    }

    /// <summary>The linear layers that fit one of the patterns.</summary>
    /// <exception cref="ArgumentException">A pattern fits no layer.</exception>
    internal static HashSet<string> SelectLinears(EncoderModel model, IReadOnlyCollection<string> patterns)
    {
        IReadOnlyList<string> names = LinearNames(model.Config);
        HashSet<string> selected = [];
        foreach (string pattern in patterns)
        {
            List<string> fitting = [.. names.Where(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false))];
            if (fitting.Count == 0)
                throw new ArgumentException($"No linear layer of the encoder is named \"{pattern}\". Names run from {names[0]} to {names[^1]}; * stands for any characters.", nameof(patterns));
            selected.UnionWith(fitting);
        }
        return selected;
    }

    private static string Describe(TernaryScaling scaling, TernaryDigits digits, int layersOfTwo)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string scale = string.Create(culture, $"rounded without training, one scale a {(scaling.IsPerRow ? "row" : "matrix")}, threshold {scaling.Threshold} x mean|w|");
        return layersOfTwo == 0 ? scale : string.Create(culture, $"{scale}, digits {digits} ({layersOfTwo} layers of two), step {scaling.Step} x mean|w|");
    }

    /// <summary>The same model with every linear layer of the encoder replaced by what <paramref name="map"/> makes of its name and
    /// weights.</summary>
    internal static TModel MapLinears<TModel>(
        TModel model, string provenanceKey, string provenance, Func<string, LinearWeights, LinearWeights> map)
        where TModel : EncoderModel
    {
        BertLayerWeights[] layers = [.. model.Weights.Layers.Select((layer, i) => layer.MapLinears((name, weights) => map(LinearName(i, name), weights)))];
        Dictionary<string, string> provenances = new(model.Provenance) { [provenanceKey] = provenance };
        return (TModel)model.WithLayers(layers, provenances);
    }

    private static string LinearName(int layer, string name) => string.Create(CultureInfo.InvariantCulture, $"encoder.layer.{layer}.{name}");
}

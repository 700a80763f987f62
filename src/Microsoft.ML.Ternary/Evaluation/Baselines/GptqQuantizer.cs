// The baseline of the field for few bits without training: GPTQ on the encoder's linear layers, and rounding to the nearest on the
// same levels.
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Evaluation.Baselines;

/// <summary>A linear layer that was rounded.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="Rounded">Layers rounded so far, this one included.</param>
/// <param name="Layers">Layers in all.</param>
/// <param name="RelativeError">Squared error of its outputs over their squares, on the calibration texts; null where none are used.</param>
public sealed record GptqProgress(string Layer, int Rounded, int Layers, double? RelativeError);

/// <summary>Rounds the linear layers of a model's encoder by GPTQ (Frantar et al., arXiv 2210.17323).</summary>
/// <remarks>Embeddings, norms, biases and dense modules stay. Transformer layers are rounded first to last, and each is calibrated on
/// what the rounded ones before it give. Where codes fit two ternary digits with one scale a row (symmetric, 2 or 3 bits, one scale a
/// channel) the result is held and run packed; else it holds the rounded values in float32, and runs at the speed of a model in full
/// precision. The provenance says which.</remarks>
public static class GptqQuantizer
{
    private const string Packed = "runs packed, as two ternary digits", Dense = "runs dense, in float32";

    /// <summary>Rounds a model.</summary>
    /// <param name="model">The model; all linear layers of its encoder are in full precision.</param>
    /// <param name="calibration">Texts to calibrate on; blank ones are left out, and of the rest the first
    /// <see cref="GptqOptions.CalibrationRows"/> are used, or as many as there are. Not read where weights are rounded to the
    /// nearest.</param>
    /// <param name="options">The settings; null for the defaults.</param>
    /// <param name="progress">Told each layer.</param>
    /// <param name="cancellation">Stops between two batches of texts and between two layers.</param>
    /// <exception cref="ArgumentException">The options are out of range, there is no text to calibrate on, or the model has a linear
    /// layer that is ternary.</exception>
    /// <exception cref="InvalidOperationException">The damping is too small for the texts.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static EmbeddingModel Quantize(
        EmbeddingModel model,
        IEnumerable<string> calibration,
        GptqOptions? options = null,
        IProgress<GptqProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(calibration);
        options ??= new GptqOptions();
        options.Validate();
        RequireFullPrecision(model);
        if (options.NearestRounding)
            return Finish(model, new Run(model, options, progress, cancellation).ToNearest(), options, options.Describe());
        string[] texts = [.. calibration.Where(text => !string.IsNullOrWhiteSpace(text)).Take(options.CalibrationRows)];
        if (texts.Length == 0)
            throw new ArgumentException("There is no text to calibrate on; give some hundred like those to be embedded.", nameof(calibration));
        TextTokenizer tokenizer = TextTokenizer.Create(model.Tokenizer);
        LayerwisePass pass = new(model, TokenBatch.FromSequences([.. texts.Select(text => tokenizer.Encode(text, 0))]));
        string words = string.Create(CultureInfo.InvariantCulture, $"{options.Describe()}, {texts.Length} calibration rows");
        return Finish(model, new Run(model, options, progress, cancellation).Calibrated(pass), options, words);
    }

    private static void RequireFullPrecision(EmbeddingModel model)
    {
        foreach ((int index, BertLayerWeights layer) in model.Weights.Layers.Index())
        {
            foreach ((string name, LinearWeights weights) in layer.Linears())
            {
                if (weights is not DenseLinearWeights)
                    throw new ArgumentException($"encoder.layer.{index}.{name} is ternary already; GPTQ rounds models in full precision.", nameof(model));
            }
        }
    }

    private static EmbeddingModel Finish(EmbeddingModel model, BertLayerWeights[] layers, GptqOptions options, string words)
    {
        // Layers differ in their columns, so a group size may be a row in one and not in another.
        bool[] packed = [.. layers.SelectMany(layer => layer.Linears()).Select(linear => linear.Weights is TernaryLinearWeights).Distinct()];
        string form = packed.Length == 2 ? $"some layers {Packed["runs ".Length..]}, the others {Dense["runs ".Length..]}" : packed[0] ? Packed : Dense;
        return model.With(model.Weights with { Layers = layers }, new Dictionary<string, string>(model.Provenance) { [ModelRounder.ProvenanceKey] = $"{words}; {form}" });
    }

    /// <summary>One call on its way through the layers.</summary>
    private sealed class Run(EmbeddingModel model, GptqOptions options, IProgress<GptqProgress>? progress, CancellationToken cancellation)
    {
        private readonly int _count = ModelTernarizer.LinearNames(model.Config).Count;
        private int _rounded;

        public BertLayerWeights[] ToNearest() =>
            [.. model.Weights.Layers.Select((layer, i) => layer.MapLinears((name, weights) => Round(i, name, (DenseLinearWeights)weights, hessian: null)))];

        public BertLayerWeights[] Calibrated(LayerwisePass pass)
        {
            BertLayerWeights[] layers = [.. model.Weights.Layers];
            for (int i = 0; i < layers.Length; i++)
            {
                int index = i;
                Dictionary<LinearInput, InputHessian> hessians = Observe(pass, layers[i]);
                layers[i] = layers[i].MapLinears((name, weights) => Round(index, name, (DenseLinearWeights)weights, hessians[InputOf(name)].Matrix));
                if (i + 1 < layers.Length)
                    pass.Advance(layers[i].MapLinears((_, weights) => weights is TernaryLinearWeights ternary ? ternary.ToDense() : weights), cancellation);
            }
            return layers;
        }

        private Dictionary<LinearInput, InputHessian> Observe(LayerwisePass pass, BertLayerWeights layer)
        {
            Dictionary<LinearInput, InputHessian> hessians = Enum.GetValues<LinearInput>().ToDictionary(
                input => input, input => new InputHessian(input == LinearInput.Inner ? model.Config.IntermediateSize : model.Config.HiddenSize));
            pass.Observe(layer, (input, rows) => hessians[input].Add(rows), cancellation);
            return hessians;
        }

        private LinearWeights Round(int layer, string name, DenseLinearWeights weights, double[]? hessian)
        {
            cancellation.ThrowIfCancellationRequested();
            RoundedMatrix rounded = GptqMatrix.Round(weights.Matrix, weights.OutputSize, hessian, options);
            double? error = hessian is null || progress is null ? null : GptqMatrix.RelativeError(weights.Matrix, rounded.Values, hessian, weights.OutputSize);
            progress?.Report(new GptqProgress($"encoder.layer.{layer}.{name}", ++_rounded, _count, error));
            return options.IsPacked(weights.InputSize)
                ? new TernaryLinearWeights(TernaryMatrix.FromCodes(rounded.Codes, weights.OutputSize, weights.InputSize, rounded.RowScales, digits: 2), weights.Bias)
                : weights with { Matrix = rounded.Values };
        }

        private static LinearInput InputOf(string name) => name switch
        {
            "attention.output.dense" => LinearInput.Context,
            "intermediate.dense" => LinearInput.Attended,
            "output.dense" => LinearInput.Inner,
            _ => LinearInput.Hidden,
        };
    }
}

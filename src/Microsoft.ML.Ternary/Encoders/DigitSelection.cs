// Which layers deserve a second ternary digit: the ones that one digit damages most for the bytes that a second takes. Rounding one
// layer at a time and looking at the embeddings says it in seconds, without training.
using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>What one digit does to one layer.</summary>
/// <param name="Layer">The layer's name.</param>
/// <param name="Damage">1 - mean cosine of the embeddings to the full-precision model's, when only this layer has one digit.</param>
/// <param name="Bytes">What a second digit takes in the file.</param>
/// <param name="Measured">Layers measured so far, this one included.</param>
/// <param name="Layers">Layers to measure.</param>
public sealed record DigitDamage(string Layer, double Damage, long Bytes, int Measured, int Layers);

/// <summary>Chooses the layers that have two ternary digits by measured damage under a limit on the file's size.</summary>
public sealed class DigitSelection
{
    // A model that was distilled says more of its origin than one that was rounded.
    private const int RoomForProvenance = 4096;

    private readonly EmbeddingModel _model;
    private readonly DigitSelectionOptions _options;
    private readonly Dictionary<string, TernaryLinearWeights> _one = [];
    private readonly Dictionary<string, TernaryLinearWeights> _two = [];

    private DigitSelection(EmbeddingModel model, DigitSelectionOptions options)
    {
        (_model, _options) = (model, options);
        HashSet<string> kept = ModelTernarizer.SelectLinears(model, options.FullPrecision ?? []);
        ModelTernarizer.MapLinears(model, ModelTernarizer.ProvenanceKey, "", (name, weights) =>
        {
            if (weights is DenseLinearWeights dense && !kept.Contains(name))
            {
                _one.Add(name, ModelTernarizer.TernarizeLayer(dense, options.Scaling, digits: 1));
                _two.Add(name, ModelTernarizer.TernarizeLayer(dense, options.Scaling, digits: 2));
            }
            return weights;
        });
    }

    /// <summary>Measures every layer and gives two digits to the worst for their bytes, as long as the file stays within the limit.</summary>
    /// <remarks>The damage of a layer is 1 - the mean cosine between the model's embeddings and those of a copy in which only that layer
    /// is rounded to one digit. The same model, texts and limit give the same layers.</remarks>
    /// <param name="model">The model in full precision.</param>
    /// <param name="texts">Texts like those to be embedded; a few hundred tell layers apart, and each costs a forward pass a layer.</param>
    /// <param name="largestFileBytes">What the file of the model may take, in bytes.</param>
    /// <param name="options">Scales, layers in full precision, and how the file is stored; null for the defaults.</param>
    /// <param name="progress">Told each layer's damage.</param>
    /// <param name="cancellation">Stops between two batches of texts.</param>
    /// <returns>Digits whose layers are known.</returns>
    /// <exception cref="ArgumentException">There are no texts; the limit is too small even for one digit everywhere; no layer is
    /// left to choose; or a name fits no layer.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static TernaryDigits Choose(
        EmbeddingModel model,
        IReadOnlyList<string> texts,
        long largestFileBytes,
        DigitSelectionOptions? options = null,
        IProgress<DigitDamage>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(largestFileBytes);
        if (texts.Count == 0)
            throw new ArgumentException("There are no texts to measure the layers' damage on; give some hundred.", nameof(texts));
        DigitSelection selection = new(model, options ?? new DigitSelectionOptions());
        selection.Check(largestFileBytes);
        if (selection.FileBytes([.. selection._two.Keys]) <= largestFileBytes)
            return TernaryDigits.Two;
        return selection.Fill(selection.Measure(texts, progress, cancellation), largestFileBytes);
    }

    private void Check(long largestFileBytes)
    {
        if (_one.Count == 0)
            throw new ArgumentException("The model has no linear layer in full precision that may become ternary.", "model");
        long smallest = FileBytes([]);
        if (smallest > largestFileBytes)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"A file of {largestFileBytes:N0} bytes does not hold this model even with one digit everywhere, which takes {smallest:N0}. Allow as many, or store the token embeddings in fewer bits."), nameof(largestFileBytes));
    }

    private List<DigitDamage> Measure(IReadOnlyList<string> texts, IProgress<DigitDamage>? progress, CancellationToken cancellation)
    {
        float[] expected = Embed(_model, texts, cancellation);
        List<DigitDamage> damages = [];
        foreach ((string name, TernaryLinearWeights rounded) in _one)
        {
            EmbeddingModel damaged = Replace((layer, weights) => layer == name ? rounded.ToDense() : weights);
            double damage = 1 - MeanCosine(expected, Embed(damaged, texts, cancellation), texts.Count);
            long bytes = TernaryMatrix.PackedLength(rounded.OutputSize, rounded.InputSize);
            damages.Add(new DigitDamage(name, damage, bytes, damages.Count + 1, _one.Count));
            progress?.Report(damages[^1]);
        }
        return damages;
    }

    // Greedy by damage a byte; a layer that does not fit leaves its room to smaller ones after it.
    private TernaryDigits Fill(List<DigitDamage> damages, long largestFileBytes)
    {
        HashSet<string> chosen = [];
        foreach (DigitDamage damage in damages.OrderByDescending(d => d.Damage / d.Bytes))
        {
            chosen.Add(damage.Layer);
            if (FileBytes(chosen) > largestFileBytes)
                chosen.Remove(damage.Layer);
        }
        return chosen.Count == 0 ? TernaryDigits.One : TernaryDigits.TwoIn([.. ModelTernarizer.LinearNames(_model.Config).Where(chosen.Contains)]);
    }

    private long FileBytes(HashSet<string> two)
    {
        EmbeddingModel ternary = Replace((name, weights) => two.Contains(name) ? _two[name] : _one.GetValueOrDefault(name) ?? weights);
        return TernaryModelFile.Accounting(ternary, _options.File).TotalBytes + RoomForProvenance;
    }

    private EmbeddingModel Replace(Func<string, LinearWeights, LinearWeights> map) =>
        ModelTernarizer.MapLinears(_model, ModelTernarizer.ProvenanceKey, "", map);

    private static float[] Embed(EmbeddingModel model, IReadOnlyList<string> texts, CancellationToken cancellation)
    {
        using TextEncoder encoder = new(model);
        float[] embeddings = new float[texts.Count * encoder.Dimension];
        encoder.Embed(texts, embeddings, cancellation);
        return embeddings;
    }

    private static double MeanCosine(float[] expected, float[] actual, int count)
    {
        int dimension = expected.Length / count;
        double sum = 0;
        for (int start = 0; start < expected.Length; start += dimension)
        {
            float cosine = TensorPrimitives.CosineSimilarity<float>(expected.AsSpan(start, dimension), actual.AsSpan(start, dimension));
            // An embedding of zeros has no direction left.
            sum += float.IsNaN(cosine) ? 0 : cosine;
        }
        return sum / count;
    }
}

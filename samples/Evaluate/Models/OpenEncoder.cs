// A model with weights, in full precision, ternary or mixed: one way to run them all, so that they differ in nothing else.
using System.Text.Json;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Models;

internal sealed class OpenEncoder : IOpenModel
{
    private const string LossCurve = "distillation.loss_curve";

    private readonly EmbeddingModel _model;
    private readonly TextEncoder _encoder;
    private readonly long? _sizeBytes;
    private readonly string _note;

    public OpenEncoder(EmbeddingModel model, int threads, long? sizeBytes, string note = "")
    {
        (_model, _sizeBytes, _note) = (model, sizeBytes, note);
        _encoder = new TextEncoder(model, new TextEncoderOptions { MaxThreads = threads });
        Embedder = new CachedEmbedder(new TextEncoderEmbedder(_encoder));
    }

    public ITextEmbedder Embedder { get; }

    public IReadOnlyList<EvaluationScore>? Evaluate(EvaluationTask task, IProgress<double> progress, CancellationToken cancellation) =>
        task.Evaluate(Embedder, progress, cancellation);

    public void Describe(ModelResult result)
    {
        result.SizeBytes = _sizeBytes;
        result.Note = _note;
        if (_model.Provenance.TryGetValue(LossCurve, out string? curve))
            result.LossCurve = Parse(curve);
    }

    public void Dispose() => _encoder.Dispose();

    // Provenance is free text, and a picture less is no reason to lose a model's figures.
    private static (double, double)[] Parse(string curve)
    {
        try
        {
            double[][] points = JsonSerializer.Deserialize<double[][]>(curve) ?? [];
            return [.. points.Where(point => point.Length == 2).Select(point => (point[0], point[1]))];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

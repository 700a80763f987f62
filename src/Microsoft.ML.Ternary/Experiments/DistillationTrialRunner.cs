// Trials as they are in earnest: a student is distilled, stored, and measured as its users will run it.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Experiments;

internal sealed class DistillationTrialRunner : ITrialRunner
{
    /// <summary>Room for what a distilled model says about itself in its file beyond what a rounded one does.</summary>
    internal const int ProvenanceBytes = 8192;

    // The distiller compares student and teacher itself; the experiment does so better, on the packed model, so it does little.
    private const int TextsOfDistiller = 8;

    private readonly EmbeddingModel _teacher;
    private readonly Func<IEnumerable<string?>> _corpus;
    private readonly TernaryExperimentOptions _options;
    private readonly IReadOnlyList<string> _heldOut;
    private float[]? _teacherEmbeddings;

    /// <exception cref="InvalidOperationException">The corpus is empty.</exception>
    public DistillationTrialRunner(EmbeddingModel teacher, Func<IEnumerable<string?>> corpus, TernaryExperimentOptions options)
    {
        (_teacher, _options) = (teacher, options);
        (_heldOut, IReadOnlySet<long> rows) = HeldOutRows.Choose(options.Distillation.HeldOut, corpus);
        _corpus = rows.Count == 0 ? corpus : () => corpus().Where((_, row) => !rows.Contains(row));
    }

    public ModelCost Cost(TernaryTrial trial, Func<long, bool> fits, CancellationToken cancellation)
    {
        EmbeddingModel rounded = ModelTernarizer.Ternarize(_teacher, trial.Recipe.Scaling, trial.FullPrecisionLayers, trial.Recipe.Digits);
        TernaryModelFileOptions storage = Storage(trial);
        long bytes = TernaryModelFile.Accounting(rounded, storage).TotalBytes + ProvenanceBytes;
        if (!fits(bytes))
            return new ModelCost(bytes, 0, 0);
        (double milliseconds, double textsPerSecond) = EncodingSpeed.Measure(
            TernaryModelFile.AsStored(rounded, storage), _heldOut, _options.SpeedThreadCount, cancellation);
        return new ModelCost(bytes, milliseconds, textsPerSecond);
    }

    public TrialOutcome Run(TernaryTrial trial, TimeSpan time, string checkpoint, IProgress<DistillationProgress> progress, CancellationToken cancellation)
    {
        DistillationOptions options = _options.Distillation with
        {
            Recipe = trial.Recipe,
            FullPrecisionLayers = trial.FullPrecisionLayers,
            Steps = trial.Steps > 0 ? trial.Steps : null,
            TimeBudget = trial.Steps > 0 ? null : time,
            HeldOut = [.. _heldOut.Take(TextsOfDistiller)],
            EvaluationInterval = TimeSpan.MaxValue,
            CheckpointPath = checkpoint,
            Resume = true,
        };
        DistillationResult result = TernaryDistiller.Distill(_teacher, _corpus, options, progress, cancellation);
        TernaryModelFileOptions storage = Storage(trial);
        EmbeddingModel stored = TernaryModelFile.AsStored(result.Model, storage);
        DistillationReport report = result.Report;
        return new TrialOutcome(
            Measure(stored, cancellation), stored, TernaryModelFile.Accounting(stored).TotalBytes, report.Steps, report.Tokens, report.Seconds, report.LossCurve[^1].Loss);
    }

    private static TernaryModelFileOptions Storage(TernaryTrial trial) => new() { TokenEmbeddings = trial.Recipe.TokenEmbeddings };

    private double Measure(EmbeddingModel model, CancellationToken cancellation)
    {
        using TextEncoder encoder = new(model);
        if (_options.Task is EvaluationTask task)
            return task.Evaluate(new CachedEmbedder(new TextEncoderEmbedder(encoder)), null, cancellation)[0].Value;
        _teacherEmbeddings ??= EmbedWithTeacher(cancellation);
        float[] embeddings = new float[_teacherEmbeddings.Length];
        encoder.Embed(_heldOut, embeddings, cancellation);
        return EmbeddingAgreement.Measure(embeddings, _teacherEmbeddings, encoder.Dimension).CosineMean;
    }

    private float[] EmbedWithTeacher(CancellationToken cancellation)
    {
        using TextEncoder encoder = new(_teacher);
        float[] embeddings = new float[_heldOut.Count * encoder.Dimension];
        encoder.Embed(_heldOut, embeddings, cancellation);
        return embeddings;
    }
}

// The front of distillation: makes teacher and student, runs the loop, and hands the student back as packed weights.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Distils a full-precision embedding model into its own ternary copy.</summary>
public static class TernaryDistiller
{
    /// <summary>Distils <paramref name="teacher"/>; needs libtorch.</summary>
    /// <param name="teacher">A model in full precision; it is frozen, and the student starts as its copy.</param>
    /// <param name="corpus">Unlabelled text; called once a pass, streamed, never held whole. Each call must yield the same texts in the
    /// same order. Null counts as the empty text.</param>
    /// <param name="options">Recipe, length, seed and so on.</param>
    /// <param name="progress">Told after every step; null for nobody.</param>
    /// <param name="cancellationToken">Stops within about a second; where a checkpoint is kept, the state is written first.</param>
    /// <returns>The ternary model and a report.</returns>
    /// <exception cref="ArgumentException">The teacher is not in full precision, or an option is out of range.</exception>
    /// <exception cref="DistillationDivergedException">Training diverged; the exception holds the model of the last sound state.</exception>
    /// <exception cref="InvalidOperationException">The corpus is empty, a checkpoint belongs to another run, or there is not enough memory for
    /// a single text.</exception>
    /// <exception cref="IOException">A row of the corpus could not be read, or the folder of the checkpoint does not exist.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; a <see cref="DistillationInterruptedException"/> where the
    /// checkpoint could not be written.</exception>
    public static DistillationResult Distill(
        EmbeddingModel teacher,
        Func<IEnumerable<string?>> corpus,
        DistillationOptions? options = null,
        IProgress<DistillationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        ArgumentNullException.ThrowIfNull(corpus);
        options ??= new DistillationOptions();
        options.Validate();
        if (options.CheckpointPath is not null)
            CheckpointFile.RequireFolder(options.CheckpointPath);
        options = AutomaticDigits.Resolve(teacher, corpus, options, cancellationToken);
        using var run = new DistillationRun(teacher, corpus, options, progress, cancellationToken);
        return run.Run();
    }
}

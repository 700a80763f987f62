// A run that is cancelled leaves a checkpoint. Where the disk takes none, what was trained is handed over another way.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Training was cancelled, and its checkpoint could not be written, for the reason that is the inner exception.</summary>
public sealed class DistillationInterruptedException : OperationCanceledException
{
    internal DistillationInterruptedException(EmbeddingModel model, int step, Exception failure, CancellationToken cancellation)
        : base($"Training was stopped after step {step}, and its state is lost but for the model in this exception: {failure.Message}", failure, cancellation) =>
        (Model, Step) = (model, step);

    /// <summary>The ternary model as it was when training stopped.</summary>
    public EmbeddingModel Model { get; }

    /// <summary>Steps done.</summary>
    public int Step { get; }
}

// Training that went wrong after hours must not cost the hours: the exception that says so carries what was good.
namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Training has diverged: the loss or its gradient is no longer a number, or the loss exploded and took the held-out texts
/// with it. The step that was found wrong did not move the weights.</summary>
public sealed class DistillationDivergedException : InvalidOperationException
{
    internal DistillationDivergedException(string message, int step, double learningRate, DistillationResult lastGood)
        : base(message) => (Step, LearningRate, LastGood) = (step, learningRate, lastGood);

    /// <summary>The step, from 1, at which it was noticed.</summary>
    public int Step { get; }

    /// <summary>The learning rate of that step.</summary>
    public double LearningRate { get; }

    /// <summary>The model of the last state that was seen to be sound, with its report; <see cref="DistillationReport.Steps"/> says how far
    /// it had come. Where a checkpoint is kept, the file holds the same state, unless nothing was
    /// trained yet or it could not be written (the message says so), and training can go on from it with a lower rate.</summary>
    public DistillationResult LastGood { get; }
}

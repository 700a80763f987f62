// What an experiment asks of whoever trains: so that the laws of scheduling hold, and are tested, whatever is trained.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Experiments;

/// <summary>What a model costs its user.</summary>
/// <param name="Bytes">Of its file.</param>
/// <param name="MillisecondsPerText">One text after the other.</param>
/// <param name="TextsPerSecond">All at once.</param>
internal sealed record ModelCost(long Bytes, double MillisecondsPerText, double TextsPerSecond);

/// <summary>A trained trial.</summary>
/// <param name="Metric">What is maximised.</param>
/// <param name="Model">The packed model, as its file has it.</param>
/// <param name="Bytes">Of its file.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Tokens">Tokens in all.</param>
/// <param name="Seconds">Seconds of training in all.</param>
/// <param name="Loss">The loss at the end.</param>
internal sealed record TrialOutcome(double Metric, EmbeddingModel Model, long Bytes, int Steps, long Tokens, double Seconds, double Loss);

internal interface ITrialRunner
{
    /// <summary>The cost of the model that a trial will make, before it is trained; its bytes are never fewer than the file's will be.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="fits">Whether so many bytes are allowed; speed need not be measured where they are not.</param>
    /// <param name="cancellation">Stops the work.</param>
    ModelCost Cost(TernaryTrial trial, Func<long, bool> fits, CancellationToken cancellation);

    /// <summary>Trains a trial to <see cref="TernaryTrial.Steps"/>, or where that is 0 for a time, and measures it.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="time">How long to train where the trial does not say how many steps.</param>
    /// <param name="checkpoint">The file that it goes on from where it exists, and that holds its state at the end.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops the work; what was trained is then in the checkpoint.</param>
    TrialOutcome Run(TernaryTrial trial, TimeSpan time, string checkpoint, IProgress<DistillationProgress> progress, CancellationToken cancellation);
}

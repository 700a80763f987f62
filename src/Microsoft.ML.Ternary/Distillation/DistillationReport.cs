// What a distillation tells while it runs and when it ends.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>The state of a running distillation.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps in all; 0 while the first steps are being measured.</param>
/// <param name="Epoch">The pass over the corpus, from 0.</param>
/// <param name="Loss">The training loss, averaged over the latest steps.</param>
/// <param name="LearningRate">The learning rate of the latest step.</param>
/// <param name="HeldOutCosine">The latest mean cosine between teacher and student on held-out texts, or null before the first.</param>
/// <param name="TokensPerSecond">Real tokens trained on a second, teacher's forward pass included.</param>
/// <param name="StepsPerSecond">Steps a second.</param>
/// <param name="Elapsed">Time since the run began.</param>
/// <param name="Remaining">Expected time to its end; null while the first steps are being measured.</param>
public sealed record DistillationProgress(
    int Step,
    int TotalSteps,
    int Epoch,
    double Loss,
    double LearningRate,
    double? HeldOutCosine,
    double TokensPerSecond,
    double StepsPerSecond,
    TimeSpan Elapsed,
    TimeSpan? Remaining)
{
    /// <summary>What the user should know and training goes on after, such as a checkpoint that could not be written; null in nearly all
    /// reports. One with a warning is told at once, besides those of the steps.</summary>
    public string? Warning { get; init; }
}

/// <summary>One point of the loss curve.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Seconds">Seconds of training so far, over all runs that were resumed.</param>
/// <param name="Loss">The training loss, averaged over the latest steps.</param>
/// <param name="HeldOutCosine">Mean cosine on (a part of) the held-out texts, where it was measured at this step.</param>
public sealed record LossPoint(int Step, double Seconds, double Loss, double? HeldOutCosine);

/// <summary>What a distillation did and what the student kept.</summary>
public sealed record DistillationReport
{
    /// <summary>The recipe, with the learning rate that was used.</summary>
    public required TernaryRecipe Recipe { get; init; }

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>Texts trained on, repetitions counted.</summary>
    public required long Texts { get; init; }

    /// <summary>Tokens trained on, repetitions counted, padding not.</summary>
    public required long Tokens { get; init; }

    /// <summary>Seconds of training, over all runs that were resumed.</summary>
    public required double Seconds { get; init; }

    /// <summary>Tokens a second, teacher's forward pass included.</summary>
    public double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;

    /// <summary>Mean cosine between the teacher's and the student's embeddings of the held-out texts, int8 activations simulated.</summary>
    public required double CosineMean { get; init; }

    /// <summary>Fifth percentile of the same cosines.</summary>
    public required double CosineP5 { get; init; }

    /// <summary>Number of held-out texts.</summary>
    public required int HeldOutTexts { get; init; }

    /// <summary>True where the corpus was too small to set rows aside, and the cosines are over texts that were trained on.</summary>
    public required bool HeldOutIsTrainingText { get; init; }

    /// <summary>The loss over the run.</summary>
    public required IReadOnlyList<LossPoint> LossCurve { get; init; }

    /// <summary>The share of weights that are zero, over all ternary matrices.</summary>
    public required double ZeroShare { get; init; }

    /// <summary>Bytes of the parameters in float32.</summary>
    public required long TeacherBytes { get; init; }

    /// <summary>Bytes of the student's file, stored as <see cref="TernaryModelFileOptions"/> has it by default.</summary>
    public required long StudentBytes { get; init; }

    /// <summary>All warnings of the run (<see cref="DistillationProgress.Warning"/>), those of runs before it was resumed not among them.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>What a distillation makes.</summary>
/// <param name="Model">The ternary model.</param>
/// <param name="Report">How it came about.</param>
public sealed record DistillationResult(EmbeddingModel Model, DistillationReport Report);

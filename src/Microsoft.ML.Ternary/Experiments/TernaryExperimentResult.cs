// What an experiment found: the choice, the front it lies on, and everything that was tried.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Experiments;

/// <summary>What ended an experiment.</summary>
public enum TernaryExperimentEnd
{
    /// <summary>All rungs were run.</summary>
    Finished,

    /// <summary>The time budget was over.</summary>
    TimeUp,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>The result of a <see cref="TernaryExperiment"/>. Speeds hold for the machine, and for what else it did meanwhile.</summary>
public sealed class TernaryExperimentResult
{
    internal TernaryExperimentResult(
        TernaryExperimentOptions options, IReadOnlyList<TernaryTrialResult> trials, TernaryTrialResult best,
        IReadOnlyList<TernaryTrialResult> front, EmbeddingModel bestModel, TimeSpan elapsed, TernaryExperimentEnd end)
    {
        (Options, Trials, BestTrial, Front, BestModel, Elapsed, End) = (options, trials, best, front, bestModel, elapsed, end);
        MetricName = options.Task is null ? "cosine to the teacher" : $"{options.Task.Name} {options.Task.MainMetric}";
    }

    /// <summary>What was maximised: a task's name and metric, or the cosine to the teacher.</summary>
    public string MetricName { get; }

    /// <summary>The result of the highest metric within the limits.</summary>
    public TernaryTrialResult BestTrial { get; }

    /// <summary>The model of <see cref="BestTrial"/>, packed: embed with it
    /// (<see cref="TernaryCatalog.ApplyTernaryEmbedding(TransformsCatalog.TextTransforms, string, string?, EmbeddingModel, TernaryEmbeddingOptions?)"/>)
    /// or save it (<see cref="TernaryModelFile.Save(EncoderModel, string, TernaryModelFileOptions?)"/>).</summary>
    public EmbeddingModel BestModel { get; }

    /// <summary>Every result, in the order of their ending; a trial that was promoted has one for each rung.</summary>
    public IReadOnlyList<TernaryTrialResult> Trials { get; }

    /// <summary>The Pareto front of size, speed and quality, smallest first: the results that no other trial's beats in all three.
    /// They differ in how long they were trained (<see cref="TernaryTrialResult.Steps"/>); one that fell out early has more to
    /// give.</summary>
    public IReadOnlyList<TernaryTrialResult> Front { get; }

    /// <summary>How long it took, or where a folder was gone on with, how long this run of it took.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>What ended it.</summary>
    public TernaryExperimentEnd End { get; }

    /// <summary>Writes all trials and the front as tables.</summary>
    public void Print(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ExperimentTable.Print(this, writer);
    }

    internal TernaryExperimentOptions Options { get; }
}

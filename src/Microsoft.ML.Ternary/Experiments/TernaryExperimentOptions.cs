// What an experiment searches, what for, within which limits and for how long.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Experiments;

/// <summary>Options of a <see cref="TernaryExperiment"/>.</summary>
public sealed record TernaryExperimentOptions
{
    /// <summary>The time budget where neither <see cref="Steps"/> nor <see cref="TimeBudget"/> is given.</summary>
    internal static readonly TimeSpan DefaultTime = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(30);

    /// <summary>The settings to search.</summary>
    public TernarySearchSpace SearchSpace { get; init; } = new();

    /// <summary>What all trials share: the recipe whose settings hold where they are not searched, device, precision, threads, seed,
    /// greatest length, held-out texts. Length, checkpoints and starting point are the experiment's own and must not be set.</summary>
    public DistillationOptions Distillation { get; init; } = new();

    /// <summary>The task whose main metric is maximised; null maximises the mean cosine to the teacher on held-out texts.</summary>
    public EvaluationTask? Task { get; init; }

    /// <summary>Candidates that are trained, at least 1. Default 8.</summary>
    public int MaxTrials { get; init; } = 8;

    /// <summary>Of how many trials one goes on to the next rung, where it trains for as many times as long; at least 2, the
    /// default.</summary>
    public int ReductionFactor { get; init; } = 2;

    /// <summary>Steps of the trials that reach the last rung, in batches of the recipe's size; candidates with other batches take as
    /// many steps as make the same number of texts. With the same seed and data the same steps give the same trials. Null leaves the
    /// length to <see cref="TimeBudget"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>How long the experiment may take; what is known by then counts. Without <see cref="Steps"/> it also decides how long
    /// trials train, each rung getting an equal part, and is ten minutes unless given. A run that goes on in a folder has it anew.</summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>Most bytes of the model's file; 0, the default, is no limit.</summary>
    public long MaxBytes { get; init; }

    /// <summary>Most milliseconds a text, embedded one by one; 0, the default, is no limit.</summary>
    public double MaxMillisecondsPerText { get; init; }

    /// <summary>Fewest texts a second, embedded all at once; 0, the default, is no limit.</summary>
    public double MinTextsPerSecond { get; init; }

    /// <summary>Threads that speed is measured on; 0, the default, takes all cores.</summary>
    public int SpeedThreads { get; init; }

    /// <summary>A folder for trials, models and checkpoints. If it holds this very experiment, unfinished, it is gone on with. Null keeps
    /// nothing but the result.</summary>
    public string? Folder { get; init; }

    internal int SpeedThreadCount => SpeedThreads == 0 ? Environment.ProcessorCount : SpeedThreads;

    /// <summary>The time after which the experiment ends; null for no such time.</summary>
    internal TimeSpan? Deadline => TimeBudget ?? (Steps is null ? DefaultTime : null);

    /// <summary>The limit that a model breaks, in words, or null.</summary>
    internal string? BrokenLimit(long bytes, double millisecondsPerText, double textsPerSecond)
    {
        if (MaxBytes > 0 && bytes > MaxBytes)
            return FormattableString.Invariant($"its file would have {bytes:N0} bytes, more than the {MaxBytes:N0} allowed");
        if (MaxMillisecondsPerText > 0 && millisecondsPerText > MaxMillisecondsPerText)
            return FormattableString.Invariant($"it would take {millisecondsPerText:0.000} ms a text, more than the {MaxMillisecondsPerText:0.000} allowed");
        if (MinTextsPerSecond > 0 && textsPerSecond < MinTextsPerSecond)
            return FormattableString.Invariant($"it would embed {textsPerSecond:N0} texts a second, fewer than the {MinTextsPerSecond:N0} demanded");
        return null;
    }

    /// <exception cref="ArgumentException">An option is missing, out of range, or not the user's to set.</exception>
    internal void Validate(EmbeddingModel teacher)
    {
        Require(SearchSpace is not null, nameof(SearchSpace), null, "set");
        Require(Distillation is not null, nameof(Distillation), null, "set");
        Require(MaxTrials is >= 1 and <= 100_000, nameof(MaxTrials), MaxTrials, "from 1 to 100,000");
        Require(ReductionFactor >= 2, nameof(ReductionFactor), ReductionFactor, "at least 2");
        Require(Steps is null or > 0, nameof(Steps), Steps, "at least 1, or null");
        Require(TimeBudget is null || (TimeBudget > TimeSpan.Zero && TimeBudget <= LongestTime), nameof(TimeBudget), TimeBudget, "above zero and at most 30 days, or null");
        Require(MaxBytes >= 0, nameof(MaxBytes), MaxBytes, "a number of bytes, or 0 for no limit");
        Require(MaxMillisecondsPerText >= 0 && double.IsFinite(MaxMillisecondsPerText), nameof(MaxMillisecondsPerText), MaxMillisecondsPerText, "a number of milliseconds, or 0 for no limit");
        Require(MinTextsPerSecond >= 0 && double.IsFinite(MinTextsPerSecond), nameof(MinTextsPerSecond), MinTextsPerSecond, "a number of texts a second, or 0 for no limit");
        Require(SpeedThreads is >= 0 and <= 4096, nameof(SpeedThreads), SpeedThreads, "from 0 to 4096");
        Require(Folder is null || !string.IsNullOrWhiteSpace(Folder), nameof(Folder), Folder, "a folder's name, or null");
        DistillationOptions shared = Distillation!;
        RequireUnset(shared.Steps is null, nameof(shared.Steps), $"set {nameof(Steps)} of the experiment");
        RequireUnset(shared.TimeBudget is null, nameof(shared.TimeBudget), $"set {nameof(TimeBudget)} of the experiment");
        RequireUnset(shared.CheckpointPath is null && !shared.Resume, nameof(shared.CheckpointPath), $"set {nameof(Folder)} of the experiment");
        RequireUnset(shared.StartFrom is null, nameof(shared.StartFrom), "all trials begin with the teacher's copy");
        shared.Validate();
        SearchSpace!.Validate(shared, teacher);
    }

    private static void Require(bool holds, string option, object? value, string expected)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(option, value, $"{nameof(TernaryExperimentOptions)}.{option} must be {expected}.");
    }

    private static void RequireUnset(bool unset, string option, string instead)
    {
        if (!unset)
            throw new ArgumentException($"{nameof(TernaryExperimentOptions)}.{nameof(Distillation)}.{option} must not be set: {instead}.", option);
    }
}

// What came of a trial on a rung: enough to rank it, to draw the front, and to go on with the experiment tomorrow.
namespace Microsoft.ML.Ternary.Experiments;

/// <summary>How a trial ended on a rung.</summary>
public enum TernaryTrialStatus
{
    /// <summary>It was trained and measured.</summary>
    Completed,

    /// <summary>It could not be trained or measured, for instance because training diverged.</summary>
    Failed,

    /// <summary>It was not trained, because models of its size or speed break a limit of the experiment.</summary>
    Refused,
}

/// <summary>A trial that ended.</summary>
public sealed record TernaryTrialResult
{
    private const double SameSpeed = 0.95;

    /// <summary>The trial.</summary>
    public required TernaryTrial Trial { get; init; }

    /// <summary>How it ended.</summary>
    public required TernaryTrialStatus Status { get; init; }

    /// <summary>What the experiment maximises, of the packed model; null unless it completed.</summary>
    public double? Metric { get; init; }

    /// <summary>Bytes of the model's file; of a trial that was not trained, as known from the shapes of its weights.</summary>
    public required long Bytes { get; init; }

    /// <summary>Milliseconds a text, one after the other, on this machine. Models of one shape share one measurement.</summary>
    public required double MillisecondsPerText { get; init; }

    /// <summary>Texts a second, all at once, on this machine.</summary>
    public required double TextsPerSecond { get; init; }

    /// <summary>Steps trained, on all rungs.</summary>
    public int Steps { get; init; }

    /// <summary>Tokens trained on, on all rungs.</summary>
    public long Tokens { get; init; }

    /// <summary>Seconds of training, on all rungs.</summary>
    public double Seconds { get; init; }

    /// <summary>The training loss at the end. Losses of different recipes do not compare.</summary>
    public double? Loss { get; init; }

    /// <summary>Why it failed or was refused.</summary>
    public string? Reason { get; init; }

    /// <summary>The model's file, in the experiment's folder; null where the experiment has no folder or the model is neither the
    /// best nor on the Pareto front.</summary>
    public string? ModelPath { get; init; }

    /// <summary>Whether this is at least as good as another in quality, size and speed, and better in one. Speeds that differ by less
    /// than measurements of one model do count as equal.</summary>
    internal bool Dominates(TernaryTrialResult other) =>
        Metric >= other.Metric && Bytes <= other.Bytes && TextsPerSecond >= SameSpeed * other.TextsPerSecond
        && (Metric > other.Metric || Bytes < other.Bytes || SameSpeed * TextsPerSecond > other.TextsPerSecond);
}

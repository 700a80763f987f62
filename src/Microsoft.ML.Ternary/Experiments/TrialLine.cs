// A result as a line of JSON: what people and programs read, and what an experiment goes on from. The recipe is told in words; which
// settings a number had is known from the seed.
namespace Microsoft.ML.Ternary.Experiments;

internal sealed record TrialLine
{
    public required int Trial { get; init; }

    public required int Rung { get; init; }

    public required TernaryTrialStatus Status { get; init; }

    public required string Parameters { get; init; }

    public int RungSteps { get; init; }

    public int Steps { get; init; }

    public double? Metric { get; init; }

    public required long Bytes { get; init; }

    public required double MillisecondsPerText { get; init; }

    public required double TextsPerSecond { get; init; }

    public long Tokens { get; init; }

    public double Seconds { get; init; }

    public double? Loss { get; init; }

    public string? Reason { get; init; }

    public static TrialLine Of(TernaryTrialResult result) => new()
    {
        Trial = result.Trial.Number,
        Rung = result.Trial.Rung,
        Status = result.Status,
        Parameters = result.Trial.Parameters,
        RungSteps = result.Trial.RungSteps,
        Steps = result.Steps,
        Metric = result.Metric,
        Bytes = result.Bytes,
        MillisecondsPerText = result.MillisecondsPerText,
        TextsPerSecond = result.TextsPerSecond,
        Tokens = result.Tokens,
        Seconds = result.Seconds,
        Loss = result.Loss,
        Reason = result.Reason,
    };

    public TernaryTrialResult ToResult(TernaryTrial trial) => new()
    {
        Trial = trial with { RungSteps = RungSteps, Steps = Steps > 0 ? Steps : trial.Steps },
        Status = Status,
        Steps = Steps,
        Metric = Metric,
        Bytes = Bytes,
        MillisecondsPerText = MillisecondsPerText,
        TextsPerSecond = TextsPerSecond,
        Tokens = Tokens,
        Seconds = Seconds,
        Loss = Loss,
        Reason = Reason,
    };
}

// An experiment before the user's eyes: a line for each trial that begins and that ends.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Ternary.Experiments;

namespace Samples.AutoTernary;

internal sealed class ConsoleMonitor : ITernaryExperimentMonitor
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public void ReportRunningTrial(TernaryTrial trial) =>
        Say($"trial {trial.Number}, rung {trial.Rung}: {trial.Parameters}");

    public void ReportCompletedTrial(TernaryTrialResult result) =>
        Say($"  {result.Metric:0.0000} after {result.Steps:N0} steps ({result.Seconds:0} s); {result.Bytes / 1e6:0.00} MB, {result.TextsPerSecond:N0} texts/s");

    public void ReportBestTrial(TernaryTrialResult result) => Say($"  the best so far");

    public void ReportFailTrial(TernaryTrialResult result) => Say($"  failed: {result.Reason}");

    public void ReportRefusedTrial(TernaryTrialResult result) =>
        Say($"trial {result.Trial.Number} is not trained, because {result.Reason}: {result.Trial.Parameters}");

    private void Say(FormattableString text) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:0} s  ") + FormattableString.Invariant(text));
}

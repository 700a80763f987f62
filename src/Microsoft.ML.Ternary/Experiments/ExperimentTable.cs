// An experiment as plain text, for a console or a log.
using System.Globalization;

namespace Microsoft.ML.Ternary.Experiments;

internal static class ExperimentTable
{
    private static readonly string[] Titles = ["", "trial", "rung", "steps", "train s", "metric", "MB", "ms/text", "texts/s", "settings"];

    public static void Print(TernaryExperimentResult result, TextWriter writer)
    {
        int trials = result.Trials.Where(trial => trial.Status != TernaryTrialStatus.Refused).DistinctBy(trial => trial.Trial.Number).Count();
        writer.WriteLine(Invariant($"{result.MetricName}: {trials:N0} trials in {result.Elapsed.TotalSeconds:N0} s, {Ending(result.End)}. Speed on {result.Options.SpeedThreadCount} threads of this machine."));
        writer.WriteLine();
        PrintRows(result, result.Trials, writer);
        writer.WriteLine();
        writer.WriteLine("Pareto front of size, speed and quality");
        PrintRows(result, result.Front, writer);
    }

    private static string Ending(TernaryExperimentEnd end) => end switch
    {
        TernaryExperimentEnd.TimeUp => "ended by the time budget",
        TernaryExperimentEnd.Cancelled => "cancelled",
        _ => "finished",
    };

    private static void PrintRows(TernaryExperimentResult result, IReadOnlyList<TernaryTrialResult> trials, TextWriter writer)
    {
        List<string[]> rows = [Titles, .. trials.Select(trial => Row(trial, result.BestTrial))];
        int[] widths = [.. Enumerable.Range(0, Titles.Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            writer.WriteLine(string.Join("  ", row.Select((cell, column) => column == Titles.Length - 1 ? cell : cell.PadLeft(widths[column]))).TrimEnd());
    }

    private static string[] Row(TernaryTrialResult result, TernaryTrialResult best)
    {
        bool trained = result.Status == TernaryTrialStatus.Completed;
        bool isBest = result.Trial.Number == best.Trial.Number && result.Trial.Rung == best.Trial.Rung;
        return
        [
            isBest ? "*" : "",
            Invariant($"{result.Trial.Number}"),
            Invariant($"{result.Trial.Rung}"),
            trained ? Invariant($"{result.Steps:N0}") : "-",
            trained ? Invariant($"{result.Seconds:N0}") : "-",
            result.Metric is double metric ? Invariant($"{metric:0.0000}") : RecipeOption.Text(result.Status),
            Invariant($"{result.Bytes / 1e6:0.00}"),
            result.TextsPerSecond > 0 ? Invariant($"{result.MillisecondsPerText:0.000}") : "-",
            result.TextsPerSecond > 0 ? Invariant($"{result.TextsPerSecond:N0}") : "-",
            result.Trial.Parameters,
        ];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

// The figures for programs: one row a figure, so that runs can be joined and filtered without knowing their tasks.
using System.Text.Json;
using Samples.Common;

namespace Samples.Evaluate.Results;

/// <summary>One figure as the JSON holds it.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Task">The task's name, or <see cref="ResultsJson.SummaryTask"/>.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Value">Its value.</param>
internal sealed record ResultRow(string Model, string Task, string Metric, double Value);

internal static class ResultsJson
{
    /// <summary>What stands for a task where a figure is over all of them.</summary>
    public const string SummaryTask = "summary";

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>All rows, model by model.</summary>
    public static IEnumerable<ResultRow> Rows(EvaluationReport report) => report.Models.SelectMany(model =>
        report.Tasks.Where(task => model.Scores.ContainsKey(task.Name))
            .SelectMany(task => model.Scores[task.Name].Select(score => new ResultRow(model.Name, task.Name, score.Metric, score.Value)))
            .Concat(report.Summarize(model).Figures.Select(figure => new ResultRow(model.Name, SummaryTask, figure.Metric, figure.Value))));

    /// <summary>Writes a list of rows, one a line.</summary>
    public static void Write(string path, EvaluationReport report)
    {
        string[] rows = [.. Rows(report).Select(row => JsonSerializer.Serialize(row with { Value = Math.Round(row.Value, 6) }, Options))];
        WholeFile.WriteLines(path, [$"[{string.Join(",\n ", rows)}]"]);
    }
}

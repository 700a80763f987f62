// The figures side by side in the console: tasks down, models across, and below it what all tasks say together.
using System.Globalization;
using Spectre.Console;

namespace Samples.Evaluate.Results;

internal static class ResultsTable
{
    // Spectre.Console assumes 80 columns where the output goes to a file, which breaks the names of ten models.
    private const int WidthOfFiles = 190;

    public static void Show(EvaluationReport report)
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = WidthOfFiles;
        AnsiConsole.Write(Tasks(report));
        AnsiConsole.Write(Summaries(report));
        AnsiConsole.WriteLine("retention: metric / teacher's metric. encoder: (model - zeroed) / (teacher - zeroed), over tasks where the zeroed encoder keeps less than .8.");
        AnsiConsole.WriteLine("cosine, p5, overlap: to the teacher, on held-out glosses; overlap: of the ten nearest among them. n: tasks that the retention is over.");
        if (report.Caution.Length > 0)
            AnsiConsole.MarkupLineInterpolated($"[yellow]{report.Caution}[/]");
        foreach (ModelResult model in report.Models.Where(model => model.Note.Length > 0))
            AnsiConsole.MarkupLineInterpolated($"[dim]{model.Name}: {model.Note}[/]");
    }

    private static Table Tasks(EvaluationReport report)
    {
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("task").AddColumn("metric");
        foreach (ModelResult model in report.Models)
            table.AddColumn(Markup.Escape(model.Name), column => column.RightAligned());
        foreach (TaskColumn task in report.Tasks)
            table.AddRow([Markup.Escape(task.Name), task.MainMetric, .. report.Models.Select(model => Share(model.Main(task.Name), 4))]);
        return table;
    }

    private static Table Summaries(EvaluationReport report)
    {
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("model");
        foreach (string column in new[] { "retention", "worst", "n", "encoder", "cosine", "p5", "overlap", "MB" })
            table.AddColumn(column, c => c.RightAligned());
        foreach (ModelResult model in report.Models)
        {
            Summary summary = report.Summarize(model);
            table.AddRow(Markup.Escape(model.Name), Share(summary.RetentionMean, 4), Share(summary.RetentionWorst, 4),
                summary.RetentionTasks.ToString(CultureInfo.InvariantCulture), Share(summary.EncoderShare, 4), Share(summary.CosineMean, 4),
                Share(summary.CosineP5, 4), Share(summary.OverlapAt10, 4), Share(summary.SizeMegabytes, 1));
        }
        return table;
    }

    private static string Share(double? value, int digits) => value?.ToString("F" + digits, CultureInfo.InvariantCulture) ?? "";
}

// What models cost, side by side.
using System.Globalization;
using Spectre.Console;

namespace Benchmarks.Reports;

/// <summary>Shows memory rows, each beside the first of its model.</summary>
internal static class MemoryTable
{
    public static void Show(IReadOnlyList<MemoryRow> rows)
    {
        if (rows.Count == 0)
            return;
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("model").AddColumn("engine")
            .AddColumn("file, MB", Right).AddColumn("load, ms", Right).AddColumn("peak RSS, MB", Right).AddColumn("file, first\nof this", Right).AddColumn("RSS, first\nof this", Right);
        foreach (IGrouping<string, MemoryRow> model in rows.GroupBy(row => row.Model))
        {
            MemoryRow first = model.First();
            foreach (MemoryRow row in model)
                table.AddRow(row.Model, row.Engine, Number(row.FileMb, 1), Number(row.LoadMs, 0), Number(row.PeakRssMb, 0), Number(first.FileMb / row.FileMb, 3), Number(first.PeakRssMb / row.PeakRssMb, 3));
        }
        AnsiConsole.Write(table);
        Screen.Say($"Each in a process of its own that embeds {Memory.MemoryReading.Shape} tokens; files are warm in the system's cache; 1 MB is 1e6 bytes.");
    }

    private static string Number(double value, int digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture);

    private static void Right(TableColumn column) => column.RightAligned();
}

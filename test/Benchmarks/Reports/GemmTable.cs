// The layers' figures side by side: one line a cell, one column an engine.
using System.Globalization;
using Spectre.Console;

namespace Benchmarks.Reports;

/// <summary>Shows gemm rows: GMAC/s of each engine, and the share of the peak of each kernel of ours.</summary>
internal static class GemmTable
{
    public static void Show(IReadOnlyList<GemmRow> rows)
    {
        if (rows.Count == 0)
            return;
        string[] engines = [.. rows.Select(row => row.Engine).Distinct()];
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("M", Right).AddColumn("N", Right).AddColumn("K", Right).AddColumn("digits", Right).AddColumn("threads\nof peers", Right);
        foreach (string engine in engines)
            table.AddColumn(engine, Right);
        table.AddColumn($"% of peak\n{engines[0]}", Right);
        foreach (GemmRow[] cell in rows.Chunk(engines.Length))
            table.AddRow([.. Cells(cell)]);
        AnsiConsole.Write(table);
        Screen.Say("1e9 multiply-adds a second (median); rounding and scaling are part of the time. Our layers run on one thread. * other processes ran meanwhile.");
    }

    private static IEnumerable<string> Cells(GemmRow[] cell)
    {
        foreach (int number in new[] { cell[0].M, cell[0].N, cell[0].K, cell[0].Digits, cell.Max(row => row.Threads) })
            yield return number.ToString(CultureInfo.InvariantCulture);
        foreach (GemmRow row in cell)
            yield return row.GmacPerS.ToString("F0", CultureInfo.InvariantCulture) + (row.Contended ? "*" : "");
        yield return cell[0].PercentOfPeak.ToString("F0", CultureInfo.InvariantCulture);
    }

    private static void Right(TableColumn column) => column.RightAligned();
}

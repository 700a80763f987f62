// The figures side by side for people: one line a cell, one column an engine.
using System.Globalization;
using Spectre.Console;

namespace Benchmarks.Reports;

/// <summary>Shows encode rows: tokens a second of each engine, and how many times as fast as the others the first one is.</summary>
internal static class EncodeTable
{
    public static void Show(IReadOnlyList<EncodeRow> rows)
    {
        if (rows.Count == 0)
            return;
        string[] engines = [.. rows.Select(row => row.Engine).Distinct()];
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("model").AddColumn("batch").AddColumn("threads", Right);
        foreach (string engine in engines)
            table.AddColumn(engine, Right);
        foreach (string peer in engines.Skip(1))
            table.AddColumn($"{engines[0]} /\n{peer}", Right);
        table.AddColumn("% of\npeak", Right);
        foreach (IGrouping<(string, int, object, int), EncodeRow> cell in rows.GroupBy(row => (row.Model, row.Batch, row.Tokens, row.Threads)))
            table.AddRow([.. Cells([.. cell], engines)]);
        AnsiConsole.Write(table);
        Screen.Say("Tokens of text a second (median); ratios are of those. " +
            $"Peak of one core: {rows[0].PeakGmacPerSPerCore.ToString("F0", CultureInfo.InvariantCulture)} GMAC/s. * other processes ran meanwhile.");
        ShowTimeShares(rows);
    }

    private static void ShowTimeShares(IReadOnlyList<EncodeRow> rows)
    {
        EncodeRow[] known = [.. rows.Where(row => row.TimeShares is not null)];
        if (known.Length == 0)
            return;
        string[] stages = [.. known[0].TimeShares!.Keys.Where(stage => known.Any(row => row.TimeShares![stage] >= 0.05))];
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("model").AddColumn("batch").AddColumn("threads", Right).AddColumn("engine");
        foreach (string stage in stages)
            table.AddColumn(stage, Right);
        foreach (EncodeRow row in known)
        {
            IEnumerable<string> shares = stages.Select(stage => row.TimeShares![stage].ToString("F1", CultureInfo.InvariantCulture));
            table.AddRow([row.Model, Batch(row), row.Threads.ToString(CultureInfo.InvariantCulture), row.Engine, .. shares]);
        }
        AnsiConsole.Write(table);
        Screen.Say("Where the time goes: percent of the time of all threads between the first embedding and the last norm, and of pooling.");
    }

    private static string Batch(EncodeRow row) => row.Tokens is int tokens ? $"{row.Batch}x{tokens}" : "ragged";

    private static IEnumerable<string> Cells(IReadOnlyList<EncodeRow> cell, string[] engines)
    {
        EncodeRow?[] byEngine = [.. engines.Select(engine => cell.FirstOrDefault(row => row.Engine == engine))];
        yield return cell[0].Model;
        yield return Batch(cell[0]);
        yield return cell[0].Threads.ToString(CultureInfo.InvariantCulture);
        foreach (EncodeRow? row in byEngine)
            yield return row is null ? "-" : row.TokensPerS.ToString("N0", CultureInfo.InvariantCulture) + (row.Contended ? "*" : "");
        foreach (EncodeRow? row in byEngine.Skip(1))
            yield return row is null || byEngine[0] is null ? "-" : (byEngine[0]!.TokensPerS / row.TokensPerS).ToString("F2", CultureInfo.InvariantCulture);
        yield return byEngine[0] is { } first ? first.PercentOfPeak.ToString("F0", CultureInfo.InvariantCulture) : "-";
    }

    private static void Right(TableColumn column) => column.RightAligned();
}

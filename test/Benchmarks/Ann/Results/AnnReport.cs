// What becomes of rows, whether they were measured just now or in several runs before.
namespace Benchmarks.Ann.Results;

/// <summary>Shows rows as tables, and writes tables and pictures.</summary>
internal static class AnnReport
{
    /// <summary>Shows and writes.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="plot">Where pictures go, or null for none.</param>
    /// <param name="markdown">Where tables go, or null for none.</param>
    public static void Write(IReadOnlyList<AnnRow> rows, string? plot, string? markdown)
    {
        ReportTable[] tables = [.. AnnTables.Of(rows)];
        foreach (ReportTable table in tables)
            table.Show();
        IReadOnlyList<(string Dataset, string Path)> pictures = plot is null ? [] : AnnPlot.Write(rows, plot);
        if (markdown is not null)
            MarkdownFile.Write(markdown, tables, pictures);
    }
}

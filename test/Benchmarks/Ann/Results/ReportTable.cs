// A table once made can be shown to people and written to a document.
using Benchmarks.Reports;
using Spectre.Console;

namespace Benchmarks.Ann.Results;

/// <summary>A title, columns, rows and a sentence below.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">Their names.</param>
/// <param name="TextColumns">How many of them, from the left, hold words; the others hold numbers.</param>
/// <param name="Rows">Rows of as many cells.</param>
/// <param name="Note">How to read it.</param>
internal sealed record ReportTable(string Title, IReadOnlyList<string> Columns, int TextColumns, IReadOnlyList<IReadOnlyList<string>> Rows, string Note)
{
    /// <summary>Shows it on standard output.</summary>
    public void Show()
    {
        Table table = new Table().Border(TableBorder.SimpleHeavy).Title(Markup.Escape(Title));
        for (int i = 0; i < Columns.Count; i++)
        {
            TableColumn column = new(Markup.Escape(Columns[i]));
            table.AddColumn(i < TextColumns ? column : column.RightAligned());
        }
        foreach (IReadOnlyList<string> row in Rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        Screen.Write(table);
        Screen.Say(Note);
    }

    /// <summary>It as lines of Markdown.</summary>
    public IEnumerable<string> Markdown()
    {
        yield return $"### {Title}";
        yield return "";
        yield return Line(Columns);
        yield return Line(Columns.Select((_, i) => i < TextColumns ? "---" : "---:"));
        foreach (IReadOnlyList<string> row in Rows)
            yield return Line(row);
        yield return "";
        yield return Note;
        yield return "";
    }

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|")))} |";
}

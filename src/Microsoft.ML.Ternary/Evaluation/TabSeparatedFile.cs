// Most task files are tables: tab-separated, no quoting, the same number of columns in every line.
using System.Globalization;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Whether a file's first line names its columns.</summary>
internal enum HeaderLine
{
    /// <summary>It does, or the file is refused.</summary>
    Required,

    /// <summary>It may: a first line of exactly these names is no row.</summary>
    Optional,
}

/// <summary>A row of a tab-separated file, which knows where it stands.</summary>
internal sealed record TabSeparatedRow(string Path, int Line, string[] Columns)
{
    public string this[int column] => Columns[column];

    /// <summary>The exception that names this row.</summary>
    public InvalidDataException Wrong(string problem) => TextFile.Wrong(Path, Line, problem);

    /// <summary>A column as a finite number.</summary>
    public double Number(int column, string name) =>
        double.TryParse(Columns[column], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value : throw Wrong($"the {name} '{Columns[column]}' is not a number.");

    /// <summary>A column as a whole number.</summary>
    public int Integer(int column, string name) =>
        int.TryParse(Columns[column], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value : throw Wrong($"the {name} '{Columns[column]}' is not a whole number.");
}

/// <summary>Reads tab-separated files.</summary>
internal static class TabSeparatedFile
{
    /// <summary>The rows, in order.</summary>
    /// <exception cref="InvalidDataException">There is no header where one is required, or a row has another number of columns.</exception>
    public static List<TabSeparatedRow> Read(string path, HeaderLine header, params string[] columns)
    {
        List<TabSeparatedRow> rows = [];
        bool first = true;
        foreach ((int number, string line) in TextFile.ReadLines(path))
        {
            string[] values = line.Split('\t');
            bool names = first && values.SequenceEqual(columns);
            if (first && header == HeaderLine.Required && !names)
                throw TextFile.Wrong(path, number, $"expected the header '{string.Join("<tab>", columns)}', found '{line}'.");
            first = false;
            if (names)
                continue;
            if (values.Length != columns.Length)
                throw TextFile.Wrong(path, number, $"{values.Length} columns; expected {columns.Length}, separated by tabs: {string.Join(", ", columns)}.");
            rows.Add(new TabSeparatedRow(path, number, values));
        }
        return rows;
    }
}

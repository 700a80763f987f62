// Banking77 is distributed as comma-separated values with quoted fields that run over lines (RFC 4180).
using System.Text;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Reads comma-separated files.</summary>
internal static class CommaSeparatedFile
{
    /// <summary>The records below the header, each with the number of its first line.</summary>
    /// <exception cref="InvalidDataException">The header is another, a record has another number of fields, or a quote is not closed.</exception>
    public static List<TabSeparatedRow> Read(string path, params string[] columns)
    {
        List<TabSeparatedRow> records = [.. Parse(path, TextFile.ReadAll(path))];
        if (records.Count == 0 || !records[0].Columns.SequenceEqual(columns))
            throw TextFile.Wrong(path, 1, $"expected the header '{string.Join(',', columns)}'{(records.Count == 0 ? ", found nothing" : $", found '{string.Join(',', records[0].Columns)}'")}.");
        if (records.FirstOrDefault(record => record.Columns.Length != columns.Length) is TabSeparatedRow wrong)
            throw wrong.Wrong($"{wrong.Columns.Length} fields; expected {columns.Length}, separated by commas: {string.Join(", ", columns)}.");
        return records[1..];
    }

    private static IEnumerable<TabSeparatedRow> Parse(string path, string text)
    {
        int position = 0, line = 1;
        while (position < text.Length)
        {
            int first = line;
            List<string> fields = [];
            do
                fields.Add(Field(path, text, ref position, ref line));
            while (position < text.Length && text[position++] == ',');
            // The reader of fields stops at a line's end, which is one character or two.
            if (text[position - 1] == '\r' && position < text.Length && text[position] == '\n')
                position++;
            line++;
            if (fields is not [""])
                yield return new TabSeparatedRow(path, first, [.. fields]);
        }
    }

    // Reads up to the comma or the end of the line that follows the field.
    private static string Field(string path, string text, ref int position, ref int line)
    {
        if (position >= text.Length || text[position] != '"')
        {
            int start = position;
            while (position < text.Length && text[position] is not (',' or '\r' or '\n'))
                position++;
            return text[start..position];
        }
        StringBuilder field = new();
        int opened = line;
        for (position++; position < text.Length; position++)
        {
            if (text[position] == '"' && (++position == text.Length || text[position] != '"'))
                return position == text.Length || text[position] is ',' or '\r' or '\n'
                    ? field.ToString() : throw TextFile.Wrong(path, line, $"'{text[position]}' follows a closing quote; expected a comma or the end of the line.");
            line += text[position] == '\n' ? 1 : 0;
            field.Append(text[position]);
        }
        throw TextFile.Wrong(path, opened, "a quote is opened and never closed.");
    }
}

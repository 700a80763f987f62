// Texts come from files, databases and pipelines that fail in the middle. Whoever reads the error wants to know at which row.
namespace Microsoft.ML.Ternary.Distillation;

internal static class CorpusRows
{
    /// <summary>One pass over the corpus, a row at a time; what a row throws comes with the row's number.</summary>
    /// <exception cref="IOException">A row could not be read, for the reason that is the inner exception.</exception>
    public static IEnumerable<string?> Read(Func<IEnumerable<string?>> corpus)
    {
        long row = 0;
        using IEnumerator<string?> rows = Named(1, () => corpus().GetEnumerator());
        while (Named(row + 1, rows.MoveNext))
        {
            row++;
            yield return rows.Current;
        }
    }

    private static T Named<T>(long row, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (OperationCanceledException or RowException))
        {
            throw new RowException($"Row {row} of the training text, counted from 1, could not be read: {e.Message}", e);
        }
    }

    private sealed class RowException(string message, Exception cause) : IOException(message, cause);
}

// The frontier as plain text, for a console or a log.
using System.Globalization;

namespace Microsoft.ML.Ternary.Ann;

internal static class TuningTable
{
    private static readonly string[] Titles = ["", "kind", "codec", "rescoring", "parameters", "recall@", "+-", "queries/s", "MB", "build s"];

    // The first columns are text and aligned left.
    private const int TextColumns = 5;

    public static void Print(AnnTuningResult result, TextWriter writer)
    {
        AnnTuningOptions options = result.Options;
        writer.WriteLine(Invariant($"Recall target {options.RecallTarget:0.####} at k = {options.K}, {options.Metric}: {result.Vectors:N0} vectors of dimension {result.Dimension}, {result.Queries:N0} queries one by one on one thread."));
        writer.WriteLine(Invariant($"{result.Trials.Count:N0} trials in {result.Elapsed.TotalSeconds:F0} s. Speeds hold for this machine."));
        writer.WriteLine();
        List<string[]> rows = [[.. Titles.Select(title => title == "recall@" ? title + options.K : title)]];
        rows.AddRange(result.Frontier.Select(trial => Row(trial, result)));
        PrintAligned(rows, writer);
        writer.WriteLine();
        foreach (string note in result.Notes)
            writer.WriteLine(note);
        foreach (string line in TuningCode.Lines(result.Best, result.Dimension, options.K))
            writer.WriteLine(line);
    }

    /// <summary>A trial in one line.</summary>
    public static string Name(AnnTuningTrial trial) =>
        string.Join(' ', NameParts(trial.IndexOptions, trial.SearchOptions).Where(part => part.Length > 0));

    /// <summary>An index in one line.</summary>
    public static string Name(VectorIndexOptions options) =>
        string.Join(' ', NameParts(options, new SearchOptions()).Where(part => part.Length > 0));

    private static string[] Row(AnnTuningTrial trial, AnnTuningResult result) =>
    [
        ReferenceEquals(trial, result.Best) ? "*" : "",
        .. NameParts(trial.IndexOptions, trial.SearchOptions),
        Invariant($"{trial.Recall:F4}"),
        Invariant($"{trial.RecallStandardError:F4}"),
        Invariant($"{trial.QueriesPerSecond:N0}"),
        Invariant($"{trial.BytesPerVector * result.Vectors / 1e6:N1}"),
        Invariant($"{trial.BuildSeconds:N1}"),
    ];

    private static string[] NameParts(VectorIndexOptions options, SearchOptions search)
    {
        TunedKind kind = TunedKinds.Of(options);
        string rescore = search.Rescore > 0 ? Invariant($"rescore={search.Rescore}") : "";
        return [kind.Kind.ToString(), options.Codec.ToString(), options.RescoringCodec?.ToString() ?? "", $"{kind.Describe(options, search)} {rescore}".Trim()];
    }

    private static void PrintAligned(List<string[]> rows, TextWriter writer)
    {
        int[] widths = [.. Enumerable.Range(0, Titles.Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            writer.WriteLine(string.Join("  ", row.Select((cell, column) => column < TextColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

// What opening indexes takes, side by side.
using System.Globalization;
using Benchmarks.Ann.Results;

namespace Benchmarks.Ann.Opening;

/// <summary>Shows ann-open's rows.</summary>
internal static class OpenTable
{
    public static void Show(IReadOnlyList<OpenRow> rows)
    {
        if (rows.Count > 0)
            Of(rows).Show();
    }

    public static ReportTable Of(IReadOnlyList<OpenRow> rows) => new(
        $"{rows[0].Dataset}: opening an index from its file",
        ["index", "codec", "build, s", "file, MB", "codes and structure, MB", "open, ms", "first search, ms", "search, us", "RSS before, MB", "opened, MB", "first search, MB", "searched, MB", "its own, MB"],
        2,
        [.. rows.Select(row => new[]
        {
            row.Index, row.Codec + (row.Rescoring is null ? "" : " + " + row.Rescoring), Number(row.BuildS, 1), Number(row.FileBytes / 1e6, 1), Number(row.Bytes / 1e6, 1),
            Number(row.OpenMs, 1), Number(row.FirstSearchMs, 1), Number(row.SearchUs, 1), Number(row.RssBefore / 1e6, 0), Number(row.RssOpened / 1e6, 0), Number(row.RssFirst / 1e6, 0), Number(row.RssSearched / 1e6, 0), Number(row.RssAnonymous / 1e6, 0),
        })],
        "Each file in a process of its own that opens it and searches with all queries, on one thread; files are warm in the system's cache. Resident memory counts pages of the file that were touched, and those beside them that the system maps along when it has them in its cache; it may drop them at any time. Its own is what it may not.");

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);
}

// The experiment as one table: the same index over both encoders' embeddings, line below line.
using System.Globalization;
using Benchmarks.Ann.Results;

namespace Benchmarks.Ann.Paper;

internal static class PaperTable
{
    /// <summary>The table of some rows.</summary>
    public static ReportTable Of(IReadOnlyList<PaperRow> rows) => new(
        string.Create(CultureInfo.InvariantCulture, $"{rows[0].Corpus:N0} WordNet glosses searched with {rows[0].Queries:N0} others"),
        ["index", "codec", "encoder", "precision@10", "encode corpus, s", "build, s", "encode queries, s", "search, s", "end to end, s", "times as fast as the teacher", "index, MB", "for rescoring, MB"],
        3,
        [.. rows.GroupBy(row => row.Key).SelectMany(index => index).Select(row => new[]
        {
            row.Index, row.Codec + (row.Rescoring is null ? "" : " + " + row.Rescoring), row.Encoder, Number(row.Precision10, 4), Number(row.EncodeCorpusS, 2), Number(row.BuildS, 3),
            Number(row.EncodeQueriesS, 2), Number(row.SearchS, 3), Number(row.EndToEndS, 2) + (row.Contended ? "*" : ""), Faster(row, rows), Number(row.Bytes / 1e6, 1), Number(row.BytesRescoring / 1e6, 1),
        })],
        $"Precision is the share of the ten nearest under the teacher's own embeddings, found exactly. The teacher runs in libtorch, float32; encoding was timed once. Encoding and building on {rows[0].Threads} threads, searches one by one on one. * other processes ran meanwhile.");

    private static string Faster(PaperRow row, IReadOnlyList<PaperRow> rows) =>
        rows.FirstOrDefault(other => other.Key == row.Key && other.Encoder == PaperEncoder.TeacherName) is PaperRow teacher ? Number(teacher.EndToEndS / row.EndToEndS, 2) : "-";

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);
}

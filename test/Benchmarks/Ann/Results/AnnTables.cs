// The rows for people: every point, what indexes cost, the speeds at fixed recalls that comparisons are made at, and growth.
using System.Globalization;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Measuring;

namespace Benchmarks.Ann.Results;

/// <summary>Makes the tables.</summary>
internal static class AnnTables
{
    /// <summary>The recalls at which engines are compared.</summary>
    public static IReadOnlyList<double> Targets { get; } = [0.98, 0.996, 0.998];

    private const double GrowthTarget = 0.98;

    private const string Missing = "-", Star = "*";

    /// <summary>All tables of some rows.</summary>
    public static IEnumerable<ReportTable> Of(IReadOnlyList<AnnRow> rows) =>
    [
        .. rows.GroupBy(row => row.Dataset).SelectMany(dataset => new[] { Points([.. dataset]), Costs([.. dataset]), Comparison([.. dataset]) }),
        .. Growth(rows) is ReportTable growth ? [growth] : Array.Empty<ReportTable>(),
    ];

    /// <summary>Every point that was measured.</summary>
    public static ReportTable Points(IReadOnlyList<AnnRow> rows) => new(
        $"{rows[0].Dataset}: recall@10 and queries a second",
        ["engine", "index", "codec", "parameters", "recall@10", "queries/s", "least", "most"],
        4,
        [.. rows.Select(row => new[]
        {
            row.Engine, row.Index, Codec(row), Parameters.Describe(row.SearchParams), Number(row.Recall10, 4), Number(row.Qps, 0) + Mark(row.Contended), Number(row.QpsMin, 0), Number(row.QpsMax, 0),
        })],
        $"{rows[0].Vectors:N0} x {rows[0].Dimension}, {rows[0].Metric}; single queries on one core, median of {rows.Min(row => row.Samples)} samples or more. {StarNote}");

    /// <summary>What indexes cost.</summary>
    public static ReportTable Costs(IReadOnlyList<AnnRow> rows) => new(
        $"{rows[0].Dataset}: building and memory",
        ["engine", "version", "index", "codec", "parameters", "build, s", "index, MB", "for rescoring, MB", "peak RSS searching, MB", "peak RSS building, MB"],
        5,
        [.. rows.GroupBy(row => row.Label).Select(contender => contender.First()).Select(row => new[]
        {
            row.Engine, row.Version ?? Missing, row.Index, Codec(row), Parameters.Describe(row.BuildParams), Number(row.BuildS, 1) + Mark(row.BuildContended),
            Number(row.Bytes / 1e6, 1), Number(row.BytesRescoring / 1e6, 1), Number(rows.Where(other => other.Label == row.Label).Max(other => other.PeakRss) / 1e6, 0), Number(row.BuildPeakRss / 1e6, 0),
        })],
        $"Built on {rows[0].BuildThreads} threads; float vectors alone are {Number(4e-6 * rows[0].Vectors * rows[0].Dimension, 1)} MB, and are part of the peak of building as they come. 1 MB is 1e6 bytes. {StarNote}");

    /// <summary>Speeds at fixed recalls, beside hnswlib's.</summary>
    public static ReportTable Comparison(IReadOnlyList<AnnRow> rows)
    {
        ParetoFrontier reference = Frontier(rows.Where(row => row.Engine == AnnContenders.Hnswlib));
        return new ReportTable(
            $"{rows[0].Dataset}: queries a second at a recall, beside hnswlib",
            ["engine", "index", "codec", .. Targets.SelectMany(target => new[] { Target(target), "of hnswlib's" })],
            3,
            [.. rows.GroupBy(row => row.Label).Select(contender => (IReadOnlyList<string>)[contender.First().Engine, contender.First().Index, Codec(contender.First()), .. Speeds(contender, reference)])],
            $"Between two neighbouring points of an index's Pareto frontier the logarithm of the speed is taken as linear in recall; below the lowest point the speed is that point's. {Missing}: not reached. {StarNote}");
    }

    /// <summary>Cost and speed against the number of vectors, where sets of several sizes were measured; else null.</summary>
    public static ReportTable? Growth(IReadOnlyList<AnnRow> rows)
    {
        AnnRow[] synthetic = [.. rows.Where(row => row.Dataset.StartsWith("synthetic-", StringComparison.Ordinal))];
        if (synthetic.Select(row => row.Dataset).Distinct().Count() < 2)
            return null;
        return new ReportTable(
            "Growth with the number of vectors",
            ["engine", "index", "codec", "vectors", $"queries/s at recall {GrowthTarget}", "most recall", "queries/s there", "build, s", "bytes a vector", "for rescoring", "peak RSS searching, MB"],
            3,
            [.. synthetic.GroupBy(row => (row.Label, row.Vectors)).OrderBy(group => Array.FindIndex(synthetic, row => row.Label == group.Key.Label)).ThenBy(group => group.Key.Vectors).Select(Grown)],
            $"Clustered synthetic vectors of {synthetic[0].Dimension} components. {StarNote}");
    }

    private static string StarNote => $"{Star} other processes ran meanwhile.";

    private static ParetoFrontier Frontier(IEnumerable<AnnRow> rows) => new(rows.Select(row => (row.Recall10, row.Qps)));

    private static IEnumerable<string> Speeds(IEnumerable<AnnRow> contender, ParetoFrontier reference)
    {
        ParetoFrontier frontier = Frontier(contender);
        bool contended = contender.Any(row => row.Contended);
        foreach (double target in Targets)
        {
            double? qps = frontier.QpsAt(target);
            yield return qps is double reached ? Number(reached, 0) + Mark(contended) : Missing;
            yield return qps / reference.QpsAt(target) is double ratio ? Number(ratio, 2) : Missing;
        }
    }

    private static IReadOnlyList<string> Grown(IGrouping<(string Label, int Vectors), AnnRow> group)
    {
        AnnRow best = group.MaxBy(row => row.Recall10)!;
        double? qps = Frontier(group).QpsAt(GrowthTarget);
        return
        [
            best.Engine, best.Index, Codec(best), best.Vectors.ToString("N0", CultureInfo.InvariantCulture),
            qps is double reached ? Number(reached, 0) + Mark(group.Any(row => row.Contended)) : Missing,
            Number(best.Recall10, 4), Number(best.Qps, 0), Number(best.BuildS, 1) + Mark(best.BuildContended),
            Number((double)best.Bytes / best.Vectors, 0), Number((double)best.BytesRescoring / best.Vectors, 0), Number(group.Max(row => row.PeakRss) / 1e6, 0),
        ];
    }

    private static string Codec(AnnRow row) => row.Codec + (row.Rescoring is null ? "" : " + " + row.Rescoring);

    private static string Target(double target) => $"recall {target.ToString(CultureInfo.InvariantCulture)}";

    private static string Mark(bool contended) => contended ? Star : "";

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);
}

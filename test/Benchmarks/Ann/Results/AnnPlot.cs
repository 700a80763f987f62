// The picture that every comparison of indexes draws: recall to the right, speed upwards on a logarithmic axis, a line an index;
// up and to the right is better.
using System.Globalization;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;
using Benchmarks.Ann.Measuring;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace Benchmarks.Ann.Results;

/// <summary>Draws each index's Pareto frontier.</summary>
internal static class AnnPlot
{
    private const int Width = 1200, Height = 800;

    // Recall is drawn by what is missing: the step from 0.99 to 0.999 is as wide as that from 0.9 to 0.99.
    private const double LeastRecall = 0.5, LeastMissing = 0.0005;

    private static readonly double[] RecallTicks = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1];

    private static readonly Dictionary<string, Color> Colors = new()
    {
        [AnnContenders.Ours] = Color.FromHex("#1f77b4"),
        [AnnContenders.Hnswlib] = Color.FromHex("#d62728"),
        [AnnContenders.Faiss] = Color.FromHex("#2ca02c"),
        [AnnContenders.Usearch] = Color.FromHex("#9467bd"),
    };

    private static readonly Dictionary<string, MarkerShape> Markers = new()
    {
        ["flat"] = MarkerShape.FilledSquare,
        ["ivf"] = MarkerShape.FilledTriangleUp,
        ["lsh"] = MarkerShape.FilledDiamond,
        ["hnsw"] = MarkerShape.FilledCircle,
    };

    private static readonly Dictionary<string, LinePattern> Patterns = new()
    {
        ["f32"] = LinePattern.Solid,
        ["f16"] = LinePattern.Dashed,
        ["int8"] = LinePattern.DenselyDashed,
        ["ternary"] = LinePattern.Dotted,
        ["binary"] = LinePattern.Dotted,
    };

    /// <summary>Writes a PNG for each data set: the given file where there is one set, else one beside it a set.</summary>
    /// <returns>Data sets and their files.</returns>
    public static IReadOnlyList<(string Dataset, string Path)> Write(IReadOnlyList<AnnRow> rows, string path)
    {
        IGrouping<string, AnnRow>[] datasets = [.. rows.GroupBy(row => row.Dataset)];
        return [.. datasets.Select(dataset =>
        {
            string file = datasets.Length == 1 ? path : Path.Combine(Path.GetDirectoryName(path)!, $"{Path.GetFileNameWithoutExtension(path)}-{dataset.Key}.png");
            byte[] image = Draw([.. dataset]).GetImageBytes(Width, Height, ImageFormat.Png);
            WholeFiles.Write(file, stream => stream.Write(image));
            return (dataset.Key, file);
        })];
    }

    /// <summary>Where a recall stands on the horizontal axis.</summary>
    public static double Place(double recall) => -Math.Log10(Math.Max(1 - recall, LeastMissing));

    private static Plot Draw(IReadOnlyList<AnnRow> rows)
    {
        Plot plot = new();
        foreach (IGrouping<string, AnnRow> contender in rows.GroupBy(row => row.Label))
        {
            (double Recall, double Qps)[] points = [.. new ParetoFrontier(contender.Select(row => (row.Recall10, row.Qps))).Points.Where(point => point.Recall >= LeastRecall)];
            if (points.Length > 0)
                Add(plot, contender.First(), points);
        }
        Label(plot, rows[0]);
        return plot;
    }

    // The engine is the colour, the index the marker, the codec the pattern; what is rescored is darker.
    private static void Add(Plot plot, AnnRow row, (double Recall, double Qps)[] points)
    {
        Scatter scatter = plot.Add.Scatter(points.Select(point => Place(point.Recall)).ToArray(), points.Select(point => Math.Log10(point.Qps)).ToArray());
        scatter.Color = row.Rescoring is null ? Colors[row.Engine] : Colors[row.Engine].Darken(0.4);
        scatter.LinePattern = Patterns[row.Codec];
        scatter.LineWidth = row.Engine == AnnContenders.Ours ? 2.5f : 1.5f;
        scatter.MarkerShape = Markers[row.Index];
        scatter.MarkerSize = 7;
        scatter.LegendText = row.Label;
    }

    private static void Label(Plot plot, AnnRow row)
    {
        plot.Title(string.Create(CultureInfo.InvariantCulture, $"{row.Dataset}: {row.Vectors:N0} x {row.Dimension}, {row.Metric}; single queries on one core"));
        plot.XLabel("recall@10");
        plot.YLabel("queries a second");
        plot.Axes.Bottom.TickGenerator = new NumericManual([.. RecallTicks.Select(Place)], [.. RecallTicks.Select(recall => recall.ToString(CultureInfo.InvariantCulture))]);
        plot.Axes.Left.TickGenerator = new NumericAutomatic
        {
            MinorTickGenerator = new LogMinorTickGenerator(),
            IntegerTicksOnly = true,
            LabelFormatter = exponent => Math.Pow(10, exponent).ToString("N0", CultureInfo.InvariantCulture),
        };
        plot.Grid.MinorLineColor = ScottPlot.Colors.Black.WithOpacity(0.06);
        plot.Grid.MinorLineWidth = 1;
        plot.ShowLegend(Edge.Right);
    }
}

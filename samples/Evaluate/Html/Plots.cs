// The pictures of a report: where a model loses, how it came about, how near it is text by text, and what its size buys.
using System.Globalization;
using System.Xml.Linq;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Html;

internal static class Plots
{
    private const int Bins = 50;
    private const int RowHeight = 34;

    /// <summary>The plots that there are figures for.</summary>
    public static IEnumerable<XElement> All(EvaluationReport report) =>
        new[] { Retention(report), SizeAndQuality(report), Cosines(report), LossCurves(report) }.OfType<XElement>();

    private static XElement? Retention(EvaluationReport report)
    {
        ModelResult teacher = report.Models[0];
        var points = Series(report).Skip(1)
            .SelectMany(model => report.Tasks.Select((task, row) => (model.Series, model.Result, task, row, Value: Summary.Retention(model.Result, teacher, task.Name))))
            .Where(point => point.Value is not null).ToArray();
        if (points.Length == 0)
            return null;
        double least = Math.Min(0.9, points.Min(point => point.Value!.Value)), most = Math.Max(1, points.Max(point => point.Value!.Value));
        Chart chart = new("Retention per task", Axis.Linear(Math.Floor(least * 10) / 10, most + 0.02), $"metric / that of {teacher.Name}",
            Axis.Names([.. report.Tasks.Select(task => task.Name)]), "", 70 + RowHeight * report.Tasks.Count);
        chart.Mark(1);
        foreach (var point in points)
            chart.Dot(point.Series, point.Result.Name, point.Value!.Value, point.row, $"{point.Result.Name}, {point.task.Name}: {Number(point.Value.Value)}");
        return chart.ToFigure();
    }

    private static XElement? SizeAndQuality(EvaluationReport report)
    {
        var points = Series(report).Select(model => (model.Series, model.Result, Summary: report.Summarize(model.Result)))
            .Where(point => point.Summary is { RetentionMean: not null, SizeMegabytes: > 0 }).ToArray();
        if (points.Length == 0)
            return null;
        double[] sizes = [.. points.Select(point => point.Summary.SizeMegabytes!.Value)], quality = [.. points.Select(point => point.Summary.RetentionMean!.Value)];
        Chart chart = new("Size against quality", Axis.Logarithmic(sizes.Min() / 1.3, sizes.Max() * 1.6), "MB on the disk",
            Axis.Linear(quality.Min() - 0.02, Math.Max(1, quality.Max()) + 0.02), "retention, mean");
        foreach (var point in points)
        {
            (double size, double kept) = (point.Summary.SizeMegabytes!.Value, point.Summary.RetentionMean!.Value);
            chart.Dot(point.Series, point.Result.Name, size, kept, $"{point.Result.Name}: {Number(kept)} at {size.ToString("0.0", CultureInfo.InvariantCulture)} MB");
            chart.Name(size, kept, point.Result.Name);
        }
        return chart.ToFigure();
    }

    private static XElement? Cosines(EvaluationReport report)
    {
        var models = Series(report).Skip(1).Where(model => model.Result.Cosines.Length > 0).ToArray();
        if (models.Length == 0)
            return null;
        double least = Math.Floor(models.Min(model => model.Result.Cosines.Min()) * 10) / 10;
        double width = (1 - least) / Bins;
        double[][] shares = [.. models.Select(model => Histogram(model.Result.Cosines, least, width))];
        Chart chart = new("Cosine to the teacher on held-out definitions", Axis.Linear(least, 1), "cosine", Axis.Linear(0, shares.Max(share => share.Max()) * 1.05), "share of texts");
        foreach ((var model, double[] share) in models.Zip(shares))
            chart.Line(model.Series, model.Result.Name, share.SelectMany((value, bin) => new[] { (least + bin * width, value), (least + (bin + 1) * width, value) }));
        return chart.ToFigure();
    }

    private static double[] Histogram(double[] values, double least, double width)
    {
        double[] shares = new double[Bins];
        foreach (double value in values)
            shares[Math.Clamp((int)((value - least) / width), 0, Bins - 1)] += 1.0 / values.Length;
        return shares;
    }

    private static XElement? LossCurves(EvaluationReport report)
    {
        var models = Series(report).Where(model => model.Result.LossCurve.Count > 1).ToArray();
        if (models.Length == 0)
            return null;
        Chart chart = new("Loss while it was distilled", Axis.Linear(0, models.Max(model => model.Result.LossCurve.Max(point => point.Step))), "step",
            Axis.Linear(0, models.Max(model => model.Result.LossCurve.Max(point => point.Loss)) * 1.05), "training loss");
        foreach ((int series, ModelResult result) in models)
            chart.Line(series, result.Name, result.LossCurve);
        return chart.ToFigure();
    }

    private static IEnumerable<(int Series, ModelResult Result)> Series(EvaluationReport report) => report.Models.Select((model, i) => (i, model));

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}

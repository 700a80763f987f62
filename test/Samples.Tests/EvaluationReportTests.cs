// What is said of the results: figures small enough to work out by hand, and a page that holds whatever models are called.
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Evaluate.Html;
using Samples.Evaluate.Results;

namespace Samples.Tests;

public sealed class EvaluationReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("evaluation-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void RetentionIsToTheTeacherAndTheEncodersShareLeavesOutWhatTheZeroedEncoderNearlySolves()
    {
        EvaluationReport report = Report();
        Summary student = report.Summarize(report.Models[1]);
        Assert.Equal((0.9 + 0.75 + 0.95) / 3, student.RetentionMean!.Value, 12);
        Assert.Equal(0.75, student.RetentionWorst!.Value, 12);
        // On "easy" the zeroed encoder keeps .9, so the share is over the other two.
        Assert.Equal(((0.45 - 0.1) / (0.5 - 0.1) + (0.6 - 0.4) / (0.8 - 0.4)) / 2, student.EncoderShare!.Value, 12);
        Assert.Equal(0.9, student.CosineMean);
        Assert.Equal(14.8, student.SizeMegabytes!.Value, 12);
        Assert.Equal(1, report.Summarize(report.Models[0]).EncoderShare!.Value, 12);
        Assert.Equal(0, report.Summarize(report.Models[2]).EncoderShare!.Value, 12);
    }

    [Fact]
    public void ARowThatTookPartInFewTasksSaysInHowMany()
    {
        EvaluationReport report = Report();
        Summary lexical = report.Summarize(report.Models[3]);
        Assert.Equal(1, lexical.RetentionTasks);
        Assert.Equal(0.4, lexical.RetentionMean!.Value, 12);
        Assert.Null(lexical.CosineMean);
        Assert.Null(lexical.SizeMegabytes);
    }

    [Fact]
    public void WithoutATeachersScoresNothingIsSaidOfRetention()
    {
        EvaluationReport report = Report();
        report.Models[0].Scores.Clear();
        Summary student = report.Summarize(report.Models[1]);
        Assert.Null(student.RetentionMean);
        Assert.Null(student.EncoderShare);
        Assert.DoesNotContain(student.Figures, figure => figure.Metric.StartsWith("retention", StringComparison.Ordinal));
        Assert.NotEmpty(HtmlReport.Compose(report));
    }

    [Fact]
    public void TheJsonIsAListOfModelTaskMetricAndValue()
    {
        string path = Path.Combine(_folder, "new", "results.json");
        ResultsJson.Write(path, Report());
        JsonElement[] rows = JsonSerializer.Deserialize<JsonElement[]>(File.ReadAllText(path))!;
        Assert.All(rows, row => Assert.Equal(["model", "task", "metric", "value"], row.EnumerateObject().Select(property => property.Name)));
        Assert.Contains(rows, row => Is(row, "student", "hard", "ndcg_at_10", 0.45));
        Assert.Contains(rows, row => Is(row, "student", "hard", "recall_at_10", 0.5));
        Assert.Contains(rows, row => Is(row, "student", "summary", "retention_worst", 0.75));
        Assert.Contains(rows, row => Is(row, "student", "summary", "size_mb", 14.8));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));

        static bool Is(JsonElement row, string model, string task, string metric, double value) =>
            row.GetProperty("model").GetString() == model && row.GetProperty("task").GetString() == task
            && row.GetProperty("metric").GetString() == metric && row.GetProperty("value").GetDouble() == value;
    }

    [Fact]
    public void ThePageIsWellFormedFetchesNothingAndShowsNamesAsTheyAre()
    {
        const string Odd = "<script>alert('&')</script>";
        EvaluationReport report = Report(Odd);
        XElement page = Parse(HtmlReport.Compose(report));
        Assert.Empty(page.Descendants("script"));
        Assert.Empty(page.Descendants("link"));
        Assert.Empty(page.Descendants("img"));
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        string style = page.Descendants("style").Single().Value;
        Assert.DoesNotContain("url(", style);
        Assert.DoesNotContain("import", style);
        Assert.Contains("prefers-color-scheme: dark", style);
        Assert.Contains(page.Descendants("th"), cell => cell.Value == Odd);
        Assert.Equal(["Retention per task", "Size against quality", "Cosine to the teacher on held-out definitions", "Loss while it was distilled"],
            page.Descendants("figcaption").Select(caption => caption.Value));
        Assert.DoesNotContain("NaN", page.ToString());
        Assert.Contains("broken: it fell", page.Value);
    }

    [Fact]
    public void PlotsWithoutFiguresAreLeftOut()
    {
        EvaluationReport report = new([new("t", "accuracy", "")], [new ModelResult("alone")], 5);
        XElement page = Parse(HtmlReport.Compose(report));
        Assert.Empty(page.Descendants("figure"));
        Assert.Contains("--limit", page.Value);
    }

    [Fact]
    public void TicksAreRoundNumbersInsideTheAxis()
    {
        Assert.Equal(["0.2", "0.4", "0.6", "0.8", "1"], Axis.Linear(0.1, 1.05).Ticks().Select(tick => tick.Label));
        Assert.Equal("0", Axis.Linear(0, 0.5).Ticks().First().Label);
        Assert.Equal(["10", "20", "50"], Axis.Logarithmic(9, 80).Ticks().Select(tick => tick.Label));
        Assert.Equal(0.5, Axis.Logarithmic(1, 100).Position(10), 12);
        Assert.Equal([0.75, 0.25], Axis.Names(["first", "second"]).Ticks().Select(tick => Axis.Names(["first", "second"]).Position(tick.Value)));
        Assert.Equal(["3", "3.2", "3.4", "3.6", "3.8", "4"], Axis.Linear(3, 3).Ticks().Select(tick => tick.Label));
    }

    private static XElement Parse(string html)
    {
        const string Doctype = "<!DOCTYPE html>\n";
        Assert.StartsWith(Doctype, html);
        return XElement.Parse(html[Doctype.Length..]);
    }

    private static EvaluationReport Report(string student = "student")
    {
        ModelResult[] models =
        [
            Model("teacher", 46.1, ("hard", 0.5), ("middle", 0.8), ("easy", 0.8)),
            Model(student, 14.8, ("hard", 0.45), ("middle", 0.6), ("easy", 0.76)),
            Model("zeroed", 14.7, ("hard", 0.1), ("middle", 0.4), ("easy", 0.72)),
            Model("bm25", null, ("hard", 0.2)),
        ];
        models[1].Cosines = [0.8, 1];
        models[1].Agreement = new TeacherAgreement(0.9, 0.81, 0.7);
        models[1].LossCurve = [(0, 1), (10, 0.5)];
        models[3].Failures.Add("broken: it fell");
        return new EvaluationReport([new("hard", "ndcg_at_10", "a"), new("middle", "accuracy", "b"), new("easy", "accuracy", "c")], models, null);
    }

    private static ModelResult Model(string name, double? megabytes, params (string Task, double Value)[] scores)
    {
        ModelResult model = new(name) { SizeBytes = megabytes is double size ? (long)(size * 1e6) : null };
        foreach ((string task, double value) in scores)
            model.Scores.Add(task, task == "hard" ? [new("ndcg_at_10", value), new("recall_at_10", 0.5)] : [new("accuracy", value)]);
        return model;
    }
}

// One page that can be kept, sent and printed: tables, plots and what they mean, with nothing fetched from anywhere. It is built as
// elements and not as text, so names of models and tasks cannot become markup.
using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Samples.Common;
using Samples.Evaluate.Results;

namespace Samples.Evaluate.Html;

internal static class HtmlReport
{
    /// <summary>Writes the page, replacing an older one when it is whole.</summary>
    public static void Write(string path, EvaluationReport report) => WholeFile.WriteLines(path, [Compose(report)]);

    /// <summary>The page.</summary>
    public static string Compose(EvaluationReport report)
    {
        XElement page = new("html", new XAttribute("lang", "en"),
            new XElement("head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("title", "Evaluation of embedding models"),
                new XElement("style", Style.Sheet)),
            new XElement("body",
                new XElement("h1", "Evaluation of embedding models"),
                new XElement("p", new XAttribute("class", "soft"), string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {report.Models.Count} models, {report.Tasks.Count} tasks.")),
                Caution(report),
                new XElement("h2", "Scores"),
                new XElement("div", new XAttribute("class", "wide"), Scores(report)),
                new XElement("h2", "What is kept of the teacher"),
                new XElement("div", new XAttribute("class", "wide"), Summaries(report)),
                new XElement("div", new XAttribute("class", "plots"), Plots.All(report)),
                Explanations(report),
                Failures(report)));
        StringBuilder html = new("<!DOCTYPE html>\n");
        using (XmlWriter writer = XmlWriter.Create(html, new XmlWriterSettings { OmitXmlDeclaration = true, Indent = false }))
            page.WriteTo(writer);
        return html.ToString();
    }

    private static XElement? Caution(EvaluationReport report) =>
        report.Caution.Length == 0 ? null : new XElement("p", new XAttribute("class", "failed"), report.Caution);

    private static XElement Scores(EvaluationReport report) => Table(
        report.Tasks.Select(task => (task.Name, task.MainMetric)),
        report.Models.Select(model => (model.Name, report.Tasks.Select(task => Number(model.Main(task.Name), 4)))));

    private static XElement Summaries(EvaluationReport report) => Table(
        [("retention", "mean"), ("retention", "worst"), ("tasks", ""), ("encoder", "share"), ("cosine", "mean"), ("cosine", "5th percentile"), ("overlap", "of top 10"), ("size", "MB")],
        report.Models.Select(model =>
        {
            Summary summary = report.Summarize(model);
            return (model.Name, (IEnumerable<string>)
            [
                Number(summary.RetentionMean, 4), Number(summary.RetentionWorst, 4), Number(summary.RetentionTasks, 0), Number(summary.EncoderShare, 4),
                Number(summary.CosineMean, 4), Number(summary.CosineP5, 4), Number(summary.OverlapAt10, 4), Number(summary.SizeMegabytes, 1),
            ]);
        }));

    private static XElement Table(IEnumerable<(string Name, string Small)> columns, IEnumerable<(string Name, IEnumerable<string> Cells)> rows) => new("table",
        new XElement("thead", new XElement("tr", new XElement("th", "model"),
            columns.Select(column => new XElement("th", column.Name, new XElement("small", column.Small))))),
        new XElement("tbody", rows.Select(row => new XElement("tr", new XElement("th", row.Name), row.Cells.Select(cell => new XElement("td", cell))))));

    private static XElement Explanations(EvaluationReport report) => new("section",
        new XElement("h2", "What the figures mean"),
        new XElement("ul",
            new XElement("li", "Retention: metric / teacher's metric; the teacher is the first row. Mean and worst are over the tasks that a model took part in."),
            new XElement("li", "Encoder share: (model - zeroed) / (teacher - zeroed), the mean over the tasks where the zeroed encoder, all of whose linear weights are 0, keeps less than .8 of the teacher."),
            new XElement("li", "Cosine and overlap: to the teacher's embeddings of WordNet definitions that no model of the repository is trained on; overlap is the share of a definition's ten nearest others that both models name."),
            report.Models.Where(model => model.Note.Length > 0).Select(model => new XElement("li", $"{model.Name}: {model.Note}."))),
        new XElement("h2", "Tasks"),
        new XElement("dl", report.Tasks.SelectMany(task => new[] { new XElement("dt", task.Name), new XElement("dd", task.Description) })));

    private static XElement? Failures(EvaluationReport report)
    {
        string[] failures = [.. report.Models.SelectMany(model => model.Failures)];
        return failures.Length == 0 ? null : new XElement("section",
            new XElement("h2", "What failed"), failures.Select(failure => new XElement("p", new XAttribute("class", "failed"), failure)));
    }

    private static string Number(double? value, int digits) => value?.ToString("F" + digits, CultureInfo.InvariantCulture) ?? "";
}

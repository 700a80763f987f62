// A plot as inline SVG: nothing is fetched when the page is opened, and its colours follow the page's, light or dark.
using System.Globalization;
using System.Xml.Linq;

namespace Samples.Evaluate.Html;

/// <summary>A chart with two axes, marks, and a legend of its series.</summary>
/// <remarks>Series are numbered; a number stands for the same model, and so for the same colour, in every chart of a page.</remarks>
internal sealed class Chart
{
    /// <summary>Colours that the page's style defines; further series take them again, with hollow marks.</summary>
    public const int Colours = 10;

    private const int Width = 760;
    private const int Top = 12, Right = 24, Bottom = 46;
    private const int CharacterWidth = 7;

    private readonly string _title;
    private readonly Axis _x, _y;
    private readonly int _left, _height;
    private readonly XElement _svg;
    private readonly SortedDictionary<int, string> _legend = [];

    /// <summary>Draws the frame.</summary>
    public Chart(string title, Axis x, string xLabel, Axis y, string yLabel, int height = 340)
    {
        (_title, _x, _y, _height) = (title, x, y, height);
        _left = 34 + CharacterWidth * y.Ticks().Select(tick => tick.Label.Length).DefaultIfEmpty(0).Max();
        _svg = new XElement("svg", new XAttribute("viewBox", $"0 0 {Width} {height}"), new XAttribute("role", "img"), new XElement("title", title));
        foreach ((double value, string label) in x.Ticks())
        {
            _svg.Add(Segment("grid", X(value), Top, X(value), height - Bottom));
            _svg.Add(Label("middle", X(value), height - Bottom + 18, label));
        }
        foreach ((double value, string label) in y.Ticks())
        {
            _svg.Add(Segment("grid", _left, Y(value), Width - Right, Y(value)));
            _svg.Add(Label("end", _left - 8, Y(value) + 4, label));
        }
        _svg.Add(Label("middle", (_left + Width - Right) / 2.0, height - 8, xLabel));
        XElement vertical = Label("middle", 0, 0, yLabel);
        vertical.SetAttributeValue("transform", $"translate(14 {Number((Top + height - Bottom) / 2.0)}) rotate(-90)");
        _svg.Add(vertical);
    }

    /// <summary>A mark, with what is said when it is pointed at.</summary>
    public void Dot(int series, string name, double x, double y, string tip) =>
        _svg.Add(new XElement("circle", Class(series, name, "dot"), At("cx", X(x)), At("cy", Y(y)), At("r", 5), new XElement("title", tip)));

    /// <summary>Words beside a point.</summary>
    public void Name(double x, double y, string text)
    {
        bool leftOfIt = X(x) > Width - Right - CharacterWidth * text.Length - 10;
        _svg.Add(Label(leftOfIt ? "end" : "start", X(x) + (leftOfIt ? -9 : 9), Y(y) + 4, text));
    }

    /// <summary>A line through points.</summary>
    public void Line(int series, string name, IEnumerable<(double X, double Y)> points) =>
        _svg.Add(new XElement("polyline", Class(series, name, "line"),
            new XAttribute("points", string.Join(' ', points.Select(point => $"{Number(X(point.X))},{Number(Y(point.Y))}"))), new XElement("title", name)));

    /// <summary>A vertical line at a value that all others are held against.</summary>
    public void Mark(double x) => _svg.Add(Segment("mark", X(x), Top, X(x), _height - Bottom));

    /// <summary>The chart with its title and, if there is more than one series, its legend.</summary>
    public XElement ToFigure() => new("figure",
        new XElement("figcaption", _title),
        _svg,
        _legend.Count < 2 ? null : new XElement("ul", new XAttribute("class", "legend"), _legend.Select(entry => new XElement("li",
            new XElement("svg", new XAttribute("viewBox", "0 0 12 12"), new XElement("circle", SeriesClass(entry.Key, "dot"), At("cx", 6), At("cy", 6), At("r", 5))),
            entry.Value))));

    private double X(double value) => _left + _x.Position(value) * (Width - Right - _left);

    private double Y(double value) => _height - Bottom - _y.Position(value) * (_height - Bottom - Top);

    private XAttribute Class(int series, string name, string kind)
    {
        _legend[series] = name;
        return SeriesClass(series, kind);
    }

    private static XAttribute SeriesClass(int series, string kind) =>
        new("class", $"{kind} s{series % Colours}{(series >= Colours ? " hollow" : "")}");

    private static XElement Segment(string kind, double x1, double y1, double x2, double y2) =>
        new("line", new XAttribute("class", kind), At("x1", x1), At("y1", y1), At("x2", x2), At("y2", y2));

    private static XElement Label(string anchor, double x, double y, string text) =>
        new("text", new XAttribute("text-anchor", anchor), At("x", x), At("y", y), text);

    private static XAttribute At(string name, double value) => new(name, Number(value));

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}

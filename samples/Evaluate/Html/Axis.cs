// Where a value lies along the edge of a chart, and which values are worth a label.
using System.Globalization;

namespace Samples.Evaluate.Html;

/// <summary>One axis of a chart.</summary>
internal abstract class Axis
{
    /// <summary>Where a value lies: 0 at the axis' beginning, 1 at its end.</summary>
    public abstract double Position(double value);

    /// <summary>The values that have a grid line, with their labels.</summary>
    public abstract IEnumerable<(double Value, string Label)> Ticks();

    /// <summary>Equal distances for equal differences.</summary>
    public static Axis Linear(double from, double to) => new LinearAxis(from, to > from ? to : from + 1);

    /// <summary>Equal distances for equal ratios; both ends above 0.</summary>
    public static Axis Logarithmic(double from, double to) => new LogarithmicAxis(from, to > from ? to : from * 2);

    /// <summary>A place for each name; the value of the first is 0, and it lies at the axis' end, which is the top of a vertical one.</summary>
    public static Axis Names(IReadOnlyList<string> names) => new NameAxis(names);

    private static string Number(double value) => value.ToString("#,0.####", CultureInfo.InvariantCulture);

    private sealed class LinearAxis(double from, double to) : Axis
    {
        public override double Position(double value) => (value - from) / (to - from);

        // Steps of 1, 2 or 5 times a power of ten, about six of them.
        public override IEnumerable<(double, string)> Ticks()
        {
            double rough = (to - from) / 6;
            double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
            double step = power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
            // Adding 0 makes 0 of -0, which would be shown as such.
            for (double i = Math.Ceiling(from / step - 1e-9) + 0.0; i * step <= to + step * 1e-9; i++)
                yield return (i * step, Number(i * step));
        }
    }

    private sealed class LogarithmicAxis(double from, double to) : Axis
    {
        public override double Position(double value) => Math.Log(value / from) / Math.Log(to / from);

        public override IEnumerable<(double, string)> Ticks()
        {
            for (double power = Math.Pow(10, Math.Floor(Math.Log10(from))); power <= to; power *= 10)
            {
                foreach (double value in new[] { power, 2 * power, 5 * power }.Where(value => value >= from && value <= to))
                    yield return (value, Number(value));
            }
        }
    }

    private sealed class NameAxis(IReadOnlyList<string> names) : Axis
    {
        public override double Position(double value) => 1 - (value + 0.5) / names.Count;

        public override IEnumerable<(double, string)> Ticks() => names.Select((name, i) => ((double)i, name));
    }
}

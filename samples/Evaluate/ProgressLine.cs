// What is being done, on standard error: one line that is overwritten in a terminal, and a line for each result everywhere.
using System.Diagnostics;

namespace Samples.Evaluate;

internal sealed class ProgressLine : IProgress<double>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly bool _overwrites = !Console.IsErrorRedirected;
    private readonly Stopwatch _sinceShown = Stopwatch.StartNew();
    private string _what = "";
    private int _shown;

    /// <summary>Names what the shares to come are of.</summary>
    public void Begin(string what)
    {
        _what = what;
        Show($"{what} ...");
    }

    /// <summary>Shows how much is done, a few times a second.</summary>
    public void Report(double value)
    {
        if (_sinceShown.Elapsed >= Interval)
            Show($"{_what} {value:P0}");
    }

    /// <summary>Writes a line that stays.</summary>
    public void Say(string line)
    {
        Show("");
        Console.Error.WriteLine(line);
    }

    private void Show(string line)
    {
        if (!_overwrites)
            return;
        Console.Error.Write("\r" + line.PadRight(_shown) + (line.Length == 0 ? "\r" : ""));
        _shown = line.Length;
        _sinceShown.Restart();
    }
}

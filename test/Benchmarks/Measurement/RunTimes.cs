// The times of one contender in one cell of the table.
namespace Benchmarks.Measurement;

/// <summary>Times of single runs, in milliseconds, with whether the machine was shared while they were taken.</summary>
internal sealed class RunTimes
{
    private readonly List<double> _accepted = [];
    private readonly List<double> _rejected = [];
    private TimeSpan _own, _wall;

    /// <summary>Runs that count.</summary>
    public int Accepted => _accepted.Count;

    /// <summary>Runs that do not, because other processes ran meanwhile.</summary>
    public int Rejected => _rejected.Count;

    /// <summary>Whether all figures come from times when other processes ran, for want of better ones.</summary>
    public bool IsContended => _accepted.Count == 0;

    /// <summary>Time in all runs that count.</summary>
    public TimeSpan AcceptedTime => TimeSpan.FromMilliseconds(_accepted.Sum());

    /// <summary>Processors that the process kept busy on average, threads that spin included.</summary>
    public double BusyProcessors => _wall > TimeSpan.Zero ? _own / _wall : 0;

    /// <summary>Adds the runs of one turn, which stand or fall together.</summary>
    /// <param name="milliseconds">Time of each run.</param>
    /// <param name="contended">Whether other processes ran meanwhile.</param>
    /// <param name="own">Processor time of this process in the turn.</param>
    /// <param name="wall">How long the turn took.</param>
    public void Add(IEnumerable<double> milliseconds, bool contended, TimeSpan own, TimeSpan wall)
    {
        (contended ? _rejected : _accepted).AddRange(milliseconds);
        _own += own;
        _wall += wall;
    }

    /// <summary>The fastest run.</summary>
    public double Min => Counting.Min();

    /// <summary>The slowest run.</summary>
    public double Max => Counting.Max();

    /// <summary>The middle run; of an even number the mean of the two in the middle.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. Counting.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    private List<double> Counting => _accepted.Count > 0 ? _accepted : _rejected;
}

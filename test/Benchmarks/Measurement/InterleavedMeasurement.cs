// Engines take turns, A B C A B C, so that a clock that slows down or a neighbour on the same hardware falls on all alike. A turn is
// long enough for the system's coarse accounting to show whether other processes ran; if they did, the turn is repeated.
using System.Diagnostics;

namespace Benchmarks.Measurement;

/// <summary>Times several engines in turns.</summary>
/// <param name="seconds">Time in runs that count which each engine is to have.</param>
/// <param name="clock">Reads processor times; tests replace it.</param>
/// <param name="settle">Waits between two turns until the first one's threads are still.</param>
internal sealed class InterleavedMeasurement(double seconds, Func<CpuReading> clock, Action settle)
{
    // As many runs as make a median one, unless a run takes so long that it is its own average.
    private const int MinRuns = 3;
    private const double LongRunSeconds = 5;

    // Rejected turns may cost this many times the time that was asked for.
    private const int PatienceFactor = 3;

    private readonly double _turnSeconds = Math.Min(seconds, 0.2);

    /// <summary>Measures on this machine.</summary>
    public InterleavedMeasurement(double seconds)
        : this(seconds, CpuReading.Now, IdleMachine.Settle)
    {
    }

    /// <summary>Runs each engine until it has its time.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, between two turns.</exception>
    public CellTimes Run(IReadOnlyList<(string Engine, Action Run)> engines, CancellationToken cancellation)
    {
        Turns[] all = [.. engines.Select(engine => new Turns(engine.Run, this))];
        foreach (Turns turns in all)
        {
            cancellation.ThrowIfCancellationRequested();
            turns.WarmUp();
        }
        List<double> handoffs = [];
        while (all.Any(turns => !turns.IsDone))
        {
            settle();
            handoffs.Add(CoreHandoff.Nanoseconds());
            foreach (Turns turns in all.Where(turns => !turns.IsDone))
            {
                cancellation.ThrowIfCancellationRequested();
                turns.TakeOne();
            }
        }
        double handoff = handoffs.Order().ElementAt(handoffs.Count / 2);
        return new CellTimes([.. engines.Select(engine => engine.Engine)], [.. all.Select(turns => turns.Times)], double.IsNaN(handoff) ? null : handoff);
    }

    // What one engine did so far.
    private sealed class Turns(Action run, InterleavedMeasurement options)
    {
        private double _spent;
        private double _lastRun;

        public RunTimes Times { get; } = new();

        public bool IsDone
        {
            get
            {
                int runs = _lastRun > LongRunSeconds ? 1 : MinRuns;
                bool enough = Times.Accepted >= runs && Times.AcceptedTime.TotalSeconds >= options.Seconds;
                return enough || _spent > PatienceFactor * Math.Max(options.Seconds, runs * _lastRun);
            }
        }

        /// <summary>Runs for a while unmeasured: code is compiled better once it has run, buffers grow.</summary>
        public void WarmUp()
        {
            long start = Stopwatch.GetTimestamp();
            do
                Time();
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < Math.Min(options.Seconds, 0.3));
        }

        public void TakeOne()
        {
            options.Settle();
            // Weights that fit the cache were driven out by the others; long runs do that to themselves.
            if (_lastRun < options.TurnSeconds / 4)
                Time();
            CpuReading before = options.Clock();
            List<double> times = [];
            double sum = 0;
            do
            {
                times.Add(1e3 * Time());
                sum += _lastRun;
            }
            while (sum < options.TurnSeconds);
            CpuReading after = options.Clock();
            Times.Add(times, after.IsContendedSince(before, Environment.ProcessorCount), after.Own - before.Own, after.Moment - before.Moment);
            _spent += sum;
        }

        private double Time()
        {
            long start = Stopwatch.GetTimestamp();
            run();
            return _lastRun = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    private double Seconds => seconds;

    private double TurnSeconds => _turnSeconds;

    private CpuReading Clock() => clock();

    private void Settle() => settle();
}

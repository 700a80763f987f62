// Measures queries a second: single queries on one thread. A machine's speed moves while it runs, so all points take turns, several
// times, on the same queries.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Times searches.</summary>
internal sealed class SpeedMeter(float[] queries, int dimension, int k)
{
    private const double LongestRun = 0.1;
    private const double ShortestRun = 0.002;

    private readonly int[] _ids = new int[k];
    private readonly float[] _distances = new float[k];

    private int Queries => queries.Length / dimension;

    /// <summary>Gives each point one short run, so that there is something to go by if time ends.</summary>
    public void Glance(IEnumerable<TunedPoint> points, CancellationToken cancellation)
    {
        foreach (TunedPoint point in points)
            Run(point, 0, ShortestRun, cancellation);
    }

    /// <summary>Gives each point several runs, in turns.</summary>
    /// <param name="points">The points.</param>
    /// <param name="runs">Runs of each.</param>
    /// <param name="seconds">About how long it may take in all.</param>
    /// <param name="cancellation">Ends it; the runs made count.</param>
    public void Measure(IReadOnlyList<TunedPoint> points, int runs, double seconds, CancellationToken cancellation)
    {
        double run = Math.Clamp(seconds / Math.Max(1, points.Count * runs), ShortestRun, LongestRun);
        for (int i = 0; i < runs; i++)
        {
            int first = (int)((long)i * Queries / runs);
            foreach (TunedPoint point in points)
                Run(point, first, run, cancellation);
        }
    }

    private void Run(TunedPoint point, int first, double seconds, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int query = first, done = 0;
        long start = Stopwatch.GetTimestamp();
        TimeSpan elapsed;
        do
        {
            point.Built.Index.Search(queries.AsSpan(query * dimension, dimension), k, _ids, _distances, point.Search);
            query = query + 1 < Queries ? query + 1 : 0;
            done++;
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed.TotalSeconds < seconds);
        point.Rates.Add(done / Math.Max(elapsed.TotalSeconds, 1e-9));
    }
}

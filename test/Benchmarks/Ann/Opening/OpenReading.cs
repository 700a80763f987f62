// What a process that opens an index file sees of itself. A search for each query follows, so that what searching makes resident
// shows as well.
using System.Diagnostics;
using System.Globalization;
using Benchmarks.Ann.Data;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Opening;

/// <summary>Times and resident memory of a process that opened an index file.</summary>
/// <param name="OpenMilliseconds">Until the index is there, with what the runtime compiles for it the first time.</param>
/// <param name="FirstSearchMilliseconds">The first search, which holds what searches read against its checksums.</param>
/// <param name="SearchMicroseconds">A later search, on one thread, as a mean.</param>
/// <param name="BeforeBytes">Resident memory before: the runtime's own, and the queries.</param>
/// <param name="OpenedBytes">Resident memory once the index is open.</param>
/// <param name="FirstBytes">Resident memory after the first search, which has read all codes and the structure.</param>
/// <param name="SearchedBytes">Resident memory after all searches, pages of the file among it.</param>
/// <param name="AnonymousBytes">What of that is the process's own: the rest are pages of files, which the system may drop.</param>
internal sealed record OpenReading(
    double OpenMilliseconds, double FirstSearchMilliseconds, double SearchMicroseconds, long BeforeBytes, long OpenedBytes, long FirstBytes, long SearchedBytes, long AnonymousBytes)
{
    private const int K = 10;

    /// <summary>Opens and searches, in this process.</summary>
    public static OpenReading Take(string path, string queriesPath)
    {
        using MappedMatrix mapped = MappedMatrix.Open(queriesPath);
        float[] queries = mapped.Values.ToArray();
        int count = mapped.Rows, dimension = mapped.Columns;
        long before = ResidentBytes("VmRSS:");
        long start = Stopwatch.GetTimestamp();
        using VectorIndex index = VectorIndex.Load(path);
        double open = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        long opened = ResidentBytes("VmRSS:");
        int[] ids = new int[K];
        float[] distances = new float[K];
        start = Stopwatch.GetTimestamp();
        index.Search(queries.AsSpan(0, dimension), K, ids, distances);
        double first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        long firstBytes = ResidentBytes("VmRSS:");
        start = Stopwatch.GetTimestamp();
        for (int i = 1; i < count; i++)
            index.Search(queries.AsSpan(i * dimension, dimension), K, ids, distances);
        double later = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Math.Max(1, count - 1);
        return new OpenReading(open, first, later, before, opened, firstBytes, ResidentBytes("VmRSS:"), ResidentBytes("RssAnon:"));
    }

    private static long ResidentBytes(string name)
    {
        const string Status = "/proc/self/status";
        if (!File.Exists(Status))
            return Process.GetCurrentProcess().WorkingSet64;
        string line = File.ReadLines(Status).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(':', StringSplitOptions.TrimEntries)[1].Split(' ')[0], CultureInfo.InvariantCulture);
    }
}

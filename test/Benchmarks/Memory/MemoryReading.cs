// What the process that holds one model sees of itself.
using System.Diagnostics;
using System.Globalization;
using Benchmarks.Engines;
using Benchmarks.Models;

namespace Benchmarks.Memory;

/// <summary>Load time and memory of a process that loaded one model and embedded a few batches.</summary>
/// <param name="LoadMilliseconds">From the file, warm in the system's cache, until the first batch can run.</param>
/// <param name="BaseBytes">Peak resident memory before loading: the runtime's own.</param>
/// <param name="PeakBytes">Peak resident memory at the end.</param>
internal sealed record MemoryReading(double LoadMilliseconds, long BaseBytes, long PeakBytes)
{
    private const int Runs = 3;

    /// <summary>The batch that is embedded.</summary>
    public static BatchShape Shape { get; } = new(8, 128);

    /// <summary>Loads the model and embeds, in this process.</summary>
    public static MemoryReading Take(BenchmarkModel model, ModelFileKind engine, string path, int threads)
    {
        BenchmarkBatch batch = BenchmarkBatch.OfOneLength(Shape);
        long before = PeakResidentBytes();
        long start = Stopwatch.GetTimestamp();
        using EncodeEngine loaded = engine.Load(path, model, threads);
        loaded.Prepare(batch);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        for (int run = 0; run < Runs; run++)
            loaded.Run();
        return new MemoryReading(milliseconds, before, PeakResidentBytes());
    }

    // The kernel's own high-water mark where there is one.
    private static long PeakResidentBytes()
    {
        const string Status = "/proc/self/status";
        if (!File.Exists(Status))
            return Process.GetCurrentProcess().PeakWorkingSet64;
        string line = File.ReadLines(Status).First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(':', StringSplitOptions.TrimEntries)[1].Split(' ')[0], CultureInfo.InvariantCulture);
    }
}

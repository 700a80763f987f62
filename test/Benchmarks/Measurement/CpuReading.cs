// What else the machine did while something was timed: the difference between all processors' busy time and this process's own.
using System.Diagnostics;
using System.Globalization;

namespace Benchmarks.Measurement;

/// <summary>Processor time up to one moment.</summary>
/// <param name="Moment">When, from an arbitrary beginning.</param>
/// <param name="Machine">Busy time of all processors together, that taken by the hypervisor included; null where the system
/// does not tell.</param>
/// <param name="Own">Time that this process's threads ran.</param>
internal readonly record struct CpuReading(TimeSpan Moment, TimeSpan? Machine, TimeSpan Own)
{
    // The system counts in ticks of 10 ms a processor, and one may fall either way.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    // Of the machine's processor time, what a quiet system does by itself.
    private const double QuietShare = 0.04;

    /// <summary>Whether this system tells what its processors do.</summary>
    public static bool IsSupported { get; } = File.Exists("/proc/stat");

    /// <summary>Reads the clocks.</summary>
    public static CpuReading Now() => new(
        TimeSpan.FromSeconds(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency),
        IsSupported ? ParseProcStat(File.ReadLines("/proc/stat").First()) : null,
        Environment.CpuUsage.TotalTime);

    /// <summary>Busy time in the first line of /proc/stat: user, nice, system, irq, softirq and steal, in hundredths of a second
    /// (proc_stat(5)).</summary>
    public static TimeSpan ParseProcStat(string line)
    {
        long[] ticks = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        return Tick * (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]);
    }

    /// <summary>Time that others than this process ran between an earlier reading and this one; zero where it is not known.</summary>
    public TimeSpan Others(CpuReading earlier)
    {
        if (Machine is not TimeSpan now || earlier.Machine is not TimeSpan then)
            return TimeSpan.Zero;
        TimeSpan others = now - then - (Own - earlier.Own);
        return others > TimeSpan.Zero ? others : TimeSpan.Zero;
    }

    /// <summary>Whether others ran so much since an earlier reading that what was timed meanwhile is not worth having.</summary>
    public bool IsContendedSince(CpuReading earlier, int processors) =>
        Others(earlier) > QuietShare * processors * (Moment - earlier.Moment) + processors * Tick;
}

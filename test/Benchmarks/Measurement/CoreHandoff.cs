// On virtual machines the time in which one core sees what another wrote moves by itself, with where the hypervisor runs the two,
// and short work on several threads moves with it by as much as a factor of two. So it is measured beside every cell: rows of
// two runs can be compared where it is alike.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Benchmarks.Measurement;

/// <summary>Measures how long a value takes from one core to another.</summary>
internal static class CoreHandoff
{
    private const int Exchanges = 2_000, Rounds = 5;

    // On a busy machine the other thread may be waiting for a processor: an answer late is an answer too.
    private static readonly TimeSpan LongestRound = TimeSpan.FromMilliseconds(5);

    // One on each cache line of its own.
    private const int Ping = 32, Pong = 96, End = -1;

    /// <summary>Nanoseconds of one way: the mean of many in the fastest of a few rounds; NaN on a single core.</summary>
    public static double Nanoseconds() =>
        Environment.ProcessorCount == 1 ? double.NaN : Enumerable.Range(0, Rounds).Min(_ => Round());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Round()
    {
        int[] lines = new int[128];
        Thread other = new(() => Answer(lines)) { IsBackground = true };
        other.Start();
        Exchange(lines, 1);
        long start = Stopwatch.GetTimestamp();
        int exchanges = 0;
        do
            Exchange(lines, ++exchanges + 1);
        while (exchanges < Exchanges && Stopwatch.GetElapsedTime(start) < LongestRound);
        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / (2.0 * exchanges);
        Volatile.Write(ref lines[Ping], End);
        other.Join();
        return nanoseconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exchange(int[] lines, int value)
    {
        Volatile.Write(ref lines[Ping], value);
        while (Volatile.Read(ref lines[Pong]) != value)
            Pause();
    }

    /// <summary>Repeats what it is told until it is told to end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Answer(int[] lines)
    {
        for (int last = 0; last != End;)
        {
            int told = Volatile.Read(ref lines[Ping]);
            if (told == last)
                Pause();
            else
                Volatile.Write(ref lines[Pong], last = told);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pause()
    {
        if (X86Base.IsSupported)
            X86Base.Pause();
    }
}

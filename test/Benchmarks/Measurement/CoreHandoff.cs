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

    // One on each cache line of its own.
    private const int Ping = 32, Pong = 96;

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
        for (int i = 2; i <= Exchanges; i++)
            Exchange(lines, i);
        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / (2.0 * (Exchanges - 1));
        other.Join();
        return nanoseconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exchange(int[] lines, int value)
    {
        Volatile.Write(ref lines[Ping], value);
        Await(ref lines[Pong], value);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Answer(int[] lines)
    {
        for (int i = 1; i <= Exchanges; i++)
        {
            Await(ref lines[Ping], i);
            Volatile.Write(ref lines[Pong], i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Await(ref int line, int value)
    {
        while (Volatile.Read(ref line) != value)
        {
            if (X86Base.IsSupported)
                X86Base.Pause();
        }
    }
}

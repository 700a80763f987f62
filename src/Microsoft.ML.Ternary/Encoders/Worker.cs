// A thread of the pool: how it sleeps, and how it is woken.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>One thread of a pool. After work it watches for more for a moment, because waking a thread takes longer than a short
/// query; then it sleeps.</summary>
internal sealed class Worker
{
    private static readonly long WatchTicks = Stopwatch.Frequency / 5000;

    private readonly SemaphoreSlim _wake = new(0);
    private volatile Team? _team;
    private int _rank;
    private int _sleeping;

    public Worker() =>
        new Thread(Loop) { IsBackground = true, Name = "Ternary encoder" }.Start();

    /// <summary>Hands the thread its share of a team's work.</summary>
    public void Begin(Team team, int rank)
    {
        _rank = rank;
        _team = team;
        Interlocked.MemoryBarrier();
        if (Interlocked.Exchange(ref _sleeping, 0) == 1)
            _wake.Release();
    }

    private void Loop()
    {
        while (true)
        {
            Team team = Await();
            _team = null;
            team.RunWorker(_rank);
        }
    }

    private Team Await()
    {
        long until = Stopwatch.GetTimestamp() + WatchTicks;
        while (true)
        {
            if (_team is { } team)
                return team;
            if (Stopwatch.GetTimestamp() < until)
            {
                Thread.SpinWait(4);
                continue;
            }
            Sleep();
        }
    }

    // Either this thread takes its mark back, or Begin has taken it and released the semaphore.
    private void Sleep()
    {
        Volatile.Write(ref _sleeping, 1);
        Interlocked.MemoryBarrier();
        if (_team is null || Interlocked.Exchange(ref _sleeping, 0) == 0)
            _wake.Wait();
    }
}

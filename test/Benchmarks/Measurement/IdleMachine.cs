// Nothing is worth measuring beside a build; waiting for ever is worth less.
namespace Benchmarks.Measurement;

/// <summary>Waits until other processes leave the machine alone.</summary>
internal static class IdleMachine
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits, at most <paramref name="limit"/>, for half a second in which others do nothing to speak of.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static bool Wait(TimeSpan limit, CancellationToken cancellation)
    {
        CpuReading start = CpuReading.Now(), last = start;
        do
        {
            if (cancellation.WaitHandle.WaitOne(Window))
                throw new OperationCanceledException(cancellation);
            CpuReading now = CpuReading.Now();
            if (!now.IsContendedSince(last, Environment.ProcessorCount))
                return true;
            last = now;
        }
        while (last.Moment - start.Moment < limit);
        return false;
    }

    /// <summary>Waits until the process's own threads are still: worker threads of one engine spin for a while after its work,
    /// and would take a processor from the next one.</summary>
    public static void Settle()
    {
        TimeSpan step = TimeSpan.FromMilliseconds(10);
        CpuReading last = CpuReading.Now();
        for (int i = 0; i < 100; i++)
        {
            Thread.Sleep(step);
            CpuReading now = CpuReading.Now();
            if (now.Own - last.Own < 0.2 * (now.Moment - last.Moment))
                return;
            last = now;
        }
    }
}

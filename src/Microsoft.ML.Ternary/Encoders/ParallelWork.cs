// The one way in which the encoders use several threads: independent pieces taken in order, the caller's thread among the
// workers, and a failure that reaches the caller as the exception that was thrown.
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Ternary.Encoders;

internal static class ParallelWork
{
    /// <summary>Runs <paramref name="body"/> for 0 to <paramref name="count"/> - 1 on at most <paramref name="maxThreads"/>
    /// threads, each taking <paramref name="chunk"/> of them at a time.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static void Run(int count, int chunk, int maxThreads, CancellationToken cancellation, Action<int> body)
    {
        int chunks = (count + chunk - 1) / chunk;
        int threads = Math.Min(maxThreads, chunks);
        int next = 0;
        void Work()
        {
            for (int c = Interlocked.Increment(ref next) - 1; c < chunks; c = Interlocked.Increment(ref next) - 1)
            {
                cancellation.ThrowIfCancellationRequested();
                int end = Math.Min(count, (c + 1) * chunk);
                for (int i = c * chunk; i < end; i++)
                    body(i);
            }
        }

        if (threads <= 1)
            Work();
        else
            Spread(threads, Work, () => Volatile.Write(ref next, chunks));
    }

    private static void Spread(int threads, Action work, Action stop)
    {
        ExceptionDispatchInfo? failure = null;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                stop();
            }
        });
        failure?.Throw();
    }
}

// Independent pieces taken in order by several threads, the caller's among them.
namespace Microsoft.ML.Ternary.Encoders;

internal static class ParallelWork
{
    /// <summary>Runs <paramref name="body"/> for 0 to <paramref name="count"/> - 1 on at most <paramref name="maxThreads"/>
    /// threads, each taking <paramref name="chunk"/> of them at a time.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <exception cref="Exception">The first failure, as it was thrown; no further pieces are taken after it.</exception>
    public static void Run(int count, int chunk, int maxThreads, CancellationToken cancellation, Action<int> body)
    {
        int chunks = (count + chunk - 1) / chunk;
        WorkerPool.Shared.Run(Math.Min(maxThreads, chunks), new Pieces(count, chunk, cancellation, body));
    }

    private sealed class Pieces(int count, int chunk, CancellationToken cancellation, Action<int> body) : ITeamWork
    {
        private int _next;

        public void Run(int rank, Team team)
        {
            while (team.Failure is null)
            {
                int start = Interlocked.Add(ref _next, chunk) - chunk;
                if (start >= count)
                    return;
                cancellation.ThrowIfCancellationRequested();
                for (int i = start; i < Math.Min(count, start + chunk); i++)
                    body(i);
            }
        }
    }
}

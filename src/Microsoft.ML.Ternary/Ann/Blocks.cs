// Work that falls into blocks that do not depend on each other, over as many threads as asked for. What a block fails with is what
// the caller sees, as on one thread, and not an AggregateException around it.
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Ternary.Ann;

internal static class Blocks
{
    /// <summary>Does every block once.</summary>
    /// <param name="count">Number of blocks.</param>
    /// <param name="threads">Threads at most; 1 is the calling thread, and the order of blocks then ascends.</param>
    /// <param name="createScratch">Makes what one thread works with.</param>
    /// <param name="work">Does a block.</param>
    /// <param name="giveBack">Takes back what one thread has worked with, whether it succeeded or not; called on that thread.</param>
    public static void Run<TScratch>(int count, int threads, Func<TScratch> createScratch, Action<int, TScratch> work, Action<TScratch>? giveBack = null)
    {
        threads = Math.Min(threads, count);
        int next = -1;
        Exception? failure = null;
        if (threads <= 1)
            Work(0);
        else
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, Work);
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        void Work(int thread)
        {
            try
            {
                TScratch scratch = createScratch();
                try
                {
                    for (int block = Interlocked.Increment(ref next); block < count && Volatile.Read(ref failure) is null; block = Interlocked.Increment(ref next))
                        work(block, scratch);
                }
                finally
                {
                    giveBack?.Invoke(scratch);
                }
            }
            catch (Exception problem)
            {
                Interlocked.CompareExchange(ref failure, problem, null);
            }
        }
    }
}

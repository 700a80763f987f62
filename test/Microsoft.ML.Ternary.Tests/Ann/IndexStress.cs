// Searches on several threads while others add, delete and compact. Every vector says which id it has (its first component), so a
// result that names another id, or one that was deleted before the search began, is wrong whatever the timing was. The test suite
// runs it for a moment on every kind and codec; TERNARY_STRESS_SECONDS=60 makes it a minute each.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

internal static class IndexStress
{
    private const int Dimension = 16;
    private const int Initial = 400;

    public static void Run(AnnIndexKind kind, TimeSpan time, VectorCodec codec = VectorCodec.Float32)
    {
        if (double.TryParse(Environment.GetEnvironmentVariable("TERNARY_STRESS_SECONDS"), out double seconds))
            time = TimeSpan.FromSeconds(seconds);
        float[] initial = new float[Initial * Dimension];
        for (int id = 0; id < Initial; id++)
            Vector(id).CopyTo(initial, id * Dimension);
        VectorIndex index = IndexKinds.Build(kind, initial, Dimension, codec);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // The lowest id that is not deleted: deletions go upwards.
        int lowest = 0;
        long searches = 0;
        // Threads of their own: on a busy machine the pool may have none to give.
        Task Start(Action work) => Task.Factory.StartNew(() => EndIfItFails(end, work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task[] tasks =
        [
            Start(() => Change(index, ref lowest, end.Token)),
            .. Enumerable.Range(0, 3).Select(seed => Start(() => Search(index, seed, codec, ref lowest, ref searches, end.Token))),
        ];
        // The clock starts when they are at work.
        EndAfter(time, index, () => Interlocked.Read(ref searches), end);
        Task.WaitAll(tasks, CancellationToken.None);

        Assert.True(index.NextId > Initial);
        Assert.True(searches > 10);
        // What is left is what should be, and it is found.
        Assert.Equal(index.NextId - lowest, index.Count);
        for (int id = lowest; id < index.NextId; id += 1 + index.Count / 50)
            Assert.Contains(id, index.Nearest(Vector(id), 20, new SearchOptions { EfSearch = 300 }).Ids);
    }

    private static void EndIfItFails(CancellationTokenSource end, Action work)
    {
        try
        {
            work();
        }
        catch
        {
            end.Cancel();
            throw;
        }
    }

    private static void EndAfter(TimeSpan time, VectorIndex index, Func<long> searches, CancellationTokenSource end)
    {
        while (!end.IsCancellationRequested && (index.NextId == Initial || searches() <= 10))
            end.Token.WaitHandle.WaitOne(5);
        end.Token.WaitHandle.WaitOne(time);
        end.Cancel();
    }

    private static void Change(VectorIndex index, ref int lowest, CancellationToken end)
    {
        Random random = new(1);
        for (int round = 1; !end.IsCancellationRequested; round++)
        {
            for (int i = random.Next(1, 40); i > 0; i--)
            {
                int next = index.NextId;
                Assert.Equal(next, index.Add(Vector(next)));
            }
            for (int i = random.Next(1, 40); i > 0 && index.Count > Initial / 2; i--)
            {
                Assert.True(index.Delete(lowest));
                Volatile.Write(ref lowest, lowest + 1);
            }
            if (round % 10 == 0)
                index.Compact(cancellation: CancellationToken.None);
        }
    }

    private static void Search(VectorIndex index, int seed, VectorCodec codec, ref int lowest, ref long searches, CancellationToken end)
    {
        Random random = new(seed);
        int[] ids = new int[10];
        float[] distances = new float[10];
        while (!end.IsCancellationRequested)
        {
            int deleted = Volatile.Read(ref lowest);
            float[] query = Vector(random.Next(deleted, index.NextId));
            SearchOptions? options = random.Next(3) == 0 ? new SearchOptions { Filter = id => id % 2 == 0 } : null;
            int found = index.Search(query, 10, ids, distances, options);
            int next = index.NextId;
            Assert.True(found > 0);
            for (int i = 0; i < found; i++)
            {
                Assert.InRange(ids[i], deleted, next - 1);
                Assert.True(options is null || ids[i] % 2 == 0);
                Assert.True(i == 0 || distances[i] >= distances[i - 1]);
                Assert.Equal(Distance(query, Vector(ids[i])), distances[i], (codec == VectorCodec.Float16 ? 0.02f : 1e-3f) * (1 + distances[i]));
            }
            Assert.Equal(found, ids.AsSpan(0, found).ToArray().Distinct().Count());
            Interlocked.Increment(ref searches);
        }
    }

    // The vector of an id: the distance a search reports tells whether it went with the id it came with.
    private static float[] Vector(int id)
    {
        Random random = new(id);
        float[] vector = new float[Dimension];
        for (int i = 0; i < Dimension; i++)
            vector[i] = random.NextSingle() * 10;
        return vector;
    }

    private static float Distance(float[] a, float[] b)
    {
        float sum = 0;
        for (int i = 0; i < Dimension; i++)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}

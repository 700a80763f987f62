// What embedding relies on when threads share its work: that all of them come, wait for one another, fail as one, and never
// wait for a thread that does not exist.
using System.Diagnostics;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class WorkerPoolTests
{
    // Long enough for the busiest machine; a test that needs it has found threads that wait for each other for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(3, 0, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(3, 2, 2)]
    [InlineData(3, 4, 4)]
    [InlineData(3, 9, 4)]
    [InlineData(0, 5, 1)]
    public void ATeamIsAsLargeAsAskedButNoLargerThanThePoolAndTheCaller(int limit, int asked, int expected)
    {
        List<int> sizes = [];
        new WorkerPool(limit).Run(asked, new Work((_, team) => Note(sizes, team.Size)));

        Assert.Equal(Enumerable.Repeat(expected, expected), sizes);
    }

    [Fact]
    public void EveryRankRunsOnceOnAThreadOfItsOwn()
    {
        var pool = new WorkerPool(3);
        for (int round = 0; round < 100; round++)
        {
            List<(int Rank, int Thread)> members = [];
            pool.Run(4, new Work((rank, _) => Note(members, (rank, Environment.CurrentManagedThreadId))));

            Assert.Equal([0, 1, 2, 3], members.Select(member => member.Rank).Order());
            Assert.Equal(4, members.Select(member => member.Thread).Distinct().Count());
            Assert.Contains((0, Environment.CurrentManagedThreadId), members);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void NoMemberPassesAMeetingBeforeAllHaveArrived(int threads)
    {
        const int Rounds = 500;
        int[] written = new int[threads * 16];
        int early = 0;
        InTime(() => new WorkerPool(threads - 1).Run(threads, new Work((rank, team) =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                // A different member is late each time; what it writes last must be seen by all.
                if (round % threads == rank)
                    Thread.SpinWait(500);
                written[rank * 16] = round;
                team.Meet();
                for (int other = 0; other < threads; other++)
                {
                    if (written[other * 16] != round)
                        Interlocked.Increment(ref early);
                }
                team.Meet();
            }
        })));

        Assert.Equal(0, early);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void AFailureReachesTheCallerAsItselfAndThoseWhoWaitForItLeave(int failing)
    {
        var failure = new InvalidDataException("here");
        int left = 0;
        Exception? thrown = null;
        InTime(() => thrown = Record.Exception(() => new WorkerPool(3).Run(4, new Work((rank, team) =>
        {
            if (rank == failing)
            {
                Thread.Sleep(5);
                throw failure;
            }
            Assert.Throws<OperationCanceledException>(team.Meet);
            Interlocked.Increment(ref left);
            throw new OperationCanceledException();
        }))));

        Assert.Same(failure, thrown);
        Assert.Equal(3, left);
    }

    [Fact]
    public void AfterAFailureThePoolLendsAllItsThreadsAgain()
    {
        var pool = new WorkerPool(3);
        InTime(() =>
        {
            for (int round = 0; round < 50; round++)
            {
                Assert.Throws<InvalidDataException>(() => pool.Run(4, new Work((rank, team) =>
                {
                    if (rank == round % 4)
                        throw new InvalidDataException();
                    team.Meet();
                })));
                int met = 0;
                pool.Run(4, new Work((_, team) =>
                {
                    team.Meet();
                    Interlocked.Increment(ref met);
                }));
                Assert.Equal(4, met);
            }
        });
    }

    [Fact]
    public void ManyCallersAtOnceAllFinishAndShareTheThreads()
    {
        const int Limit = 3, Callers = 6;
        var pool = new WorkerPool(Limit);
        int running = 0, most = 0, wrong = 0, runs = 0;
        long until = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 2;
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Factory.StartNew(() =>
        {
            for (int round = 0; Stopwatch.GetTimestamp() < until || round == 0; round++)
            {
                int sum = 0, size = 0;
                pool.Run(1 + (caller + round) % 4, new Work((rank, team) =>
                {
                    if (rank > 0)
                        InterlockedMax(ref most, Interlocked.Increment(ref running));
                    Interlocked.Add(ref sum, rank + 1);
                    team.Meet();
                    size = team.Size;
                    if (rank > 0)
                        Interlocked.Decrement(ref running);
                }));
                if (sum != size * (size + 1) / 2)
                    Interlocked.Increment(ref wrong);
                Interlocked.Increment(ref runs);
            }
        }, TaskCreationOptions.LongRunning)).ToArray();
        InTime(() => Task.WaitAll(callers));

        Assert.Equal(0, wrong);
        Assert.InRange(runs, Callers, int.MaxValue);
        Assert.InRange(most, 1, Limit);
    }

    [Fact]
    public void WorkInsideWorkFinishesWithTheThreadsThatAreLeft()
    {
        var pool = new WorkerPool(3);
        int inner = 0;
        InTime(() => pool.Run(3, new Work((_, outerTeam) =>
        {
            outerTeam.Meet();
            pool.Run(3, new Work((rank, team) =>
            {
                team.Meet();
                if (rank == 0)
                    Interlocked.Increment(ref inner);
            }));
            outerTeam.Meet();
        })));

        Assert.Equal(3, inner);
    }

    // A thread falls asleep a fifth of a millisecond after its last work, so work comes before, at and after that moment.
    [Fact]
    public void WorkThatComesWhileAThreadFallsAsleepIsDone()
    {
        const int Rounds = 2000;
        var pool = new WorkerPool(1);
        int done = 0;
        InTime(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                long begin = Stopwatch.GetTimestamp() + (1800 + round % 400) * Stopwatch.Frequency / 10_000_000;
                while (Stopwatch.GetTimestamp() < begin)
                    Thread.SpinWait(1);
                pool.Run(2, new Work((_, _) => Interlocked.Increment(ref done)));
            }
        });

        Assert.Equal(2 * Rounds, done);
    }

    [Fact]
    public void LendingThreadsAllocatesNothingAfterTheFirstTime()
    {
        var pool = new WorkerPool(2);
        var work = new Work((_, team) => team.Meet());
        pool.Run(3, work);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 50; round++)
            pool.Run(3, work);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void InTime(Action action) =>
        Assert.True(Task.Factory.StartNew(action, TaskCreationOptions.LongRunning).Wait(Patience), "Threads wait for one another for ever.");

    private static void Note<T>(List<T> list, T item)
    {
        lock (list)
            list.Add(item);
    }

    private static void InterlockedMax(ref int largest, int value)
    {
        int seen = largest;
        while (value > seen && Interlocked.CompareExchange(ref largest, value, seen) is int now && now != seen)
            seen = now;
    }

    private sealed class Work(Action<int, Team> body) : ITeamWork
    {
        public void Run(int rank, Team team) => body(rank, team);
    }
}

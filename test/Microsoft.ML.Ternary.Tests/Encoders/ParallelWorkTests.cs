using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class ParallelWorkTests
{
    [Theory]
    [InlineData(0, 1, 4)]
    [InlineData(1, 1, 4)]
    [InlineData(1000, 1, 4)]
    [InlineData(1001, 7, 3)]
    public void EveryPieceRunsOnce(int count, int chunk, int threads)
    {
        int[] runs = new int[count];
        ParallelWork.Run(count, chunk, threads, TestContext.Current.CancellationToken, i => Interlocked.Increment(ref runs[i]));
        Assert.All(runs, r => Assert.Equal(1, r));
    }

    [Fact]
    public void OnePieceRunsOnTheCallingThread()
    {
        int thread = 0;
        ParallelWork.Run(1, 1, 8, TestContext.Current.CancellationToken, _ => thread = Environment.CurrentManagedThreadId);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Fact]
    public void TheFirstFailureReachesTheCallerAsItself()
    {
        Assert.Throws<InvalidDataException>(() => ParallelWork.Run(
            100, 1, 4, TestContext.Current.CancellationToken, _ => throw new InvalidDataException("here")));
    }

    [Fact]
    public void AfterAFailureNoFurtherPiecesAreTaken()
    {
        int runs = 0;
        Assert.Throws<InvalidDataException>(() => ParallelWork.Run(1_000_000, 1, 2, TestContext.Current.CancellationToken, _ =>
        {
            Interlocked.Increment(ref runs);
            throw new InvalidDataException();
        }));
        Assert.InRange(runs, 1, 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void CancellationStopsTheWork(int threads)
    {
        using CancellationTokenSource source = new();
        int runs = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => ParallelWork.Run(1_000_000, 1, threads, source.Token, _ =>
        {
            if (Interlocked.Increment(ref runs) == 5)
                source.Cancel();
        }));
        Assert.InRange(runs, 5, 900_000);
    }
}

// When a second thread pays, by the times that calls are said to have taken.
using System.Diagnostics;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class ThreadChoiceTests
{
    private static readonly long Millisecond = Stopwatch.Frequency / 1000;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(99, 1)]
    [InlineData(200, 2)]
    [InlineData(399, 3)]
    [InlineData(1e9, 4)]
    public void AThreadIsWorthSoManyMultiplyAdds(double products, int expected) =>
        Assert.Equal(expected, new ThreadChoice(100, maxThreads: 4).Threads(products, now: 0));

    [Fact]
    public void AfterASharedCallThatTookLongerThanOneThreadWouldCallsStayOnOneThreadForAWhile()
    {
        ThreadChoice threads = new(100, maxThreads: 2);
        threads.Report(1000, sharing: 2, start: 0, end: Millisecond);
        Assert.Equal(2, threads.Threads(1000, Millisecond));

        // One thread would have taken 2 ms.
        threads.Report(1000, sharing: 2, start: 0, end: 5 * Millisecond);

        Assert.Equal(1, threads.Threads(1000, 5 * Millisecond));
        Assert.Equal(2, threads.Threads(1000, 6 * Millisecond));
    }

    [Fact]
    public void TheWhileGrowsAsLongAsSharingIsSlowAndShrinksWhenItIsNot()
    {
        ThreadChoice threads = new(100, maxThreads: 2);
        threads.Report(1000, sharing: 2, start: 0, end: Millisecond);
        for (int i = 0; i < 20; i++)
            threads.Report(1000, sharing: 2, start: 0, end: 5 * Millisecond);
        Assert.Equal(1, threads.Threads(1000, 204 * Millisecond));
        Assert.Equal(2, threads.Threads(1000, 205 * Millisecond));

        threads.Report(1000, sharing: 2, start: 0, end: Millisecond);
        threads.Report(1000, sharing: 2, start: 0, end: 5 * Millisecond);

        Assert.Equal(1, threads.Threads(1000, 104 * Millisecond));
        Assert.Equal(2, threads.Threads(1000, 105 * Millisecond));
    }

    [Fact]
    public void MuchWorkIsSpreadEvenWhileQueriesStayOnOneThread()
    {
        ThreadChoice threads = new(100, maxThreads: 2);
        threads.Report(1000, sharing: 1, start: 0, end: Millisecond);
        threads.Report(1000, sharing: 2, start: 0, end: 5 * Millisecond);

        Assert.Equal(1, threads.Threads(1000, 5 * Millisecond));
        Assert.Equal(2, threads.Threads(1_000_000, 5 * Millisecond));
    }

    [Fact]
    public void TimesOfCallsOnOneThreadAreWhatSharedOnesAreHeldAgainst()
    {
        ThreadChoice threads = new(100, maxThreads: 2);
        threads.Report(1000, sharing: 1, start: 0, end: Millisecond);

        threads.Report(2000, sharing: 2, start: 0, end: 3 * Millisecond);
        Assert.Equal(2, threads.Threads(1000, 3 * Millisecond));

        threads.Report(2000, sharing: 2, start: 0, end: 5 * Millisecond);
        Assert.Equal(1, threads.Threads(1000, 5 * Millisecond));
    }

    [Fact]
    public void ASlowCallOnOneThreadSaysNothingOfSharing()
    {
        ThreadChoice threads = new(100, maxThreads: 2);
        threads.Report(1000, sharing: 1, start: 0, end: Millisecond);
        threads.Report(1000, sharing: 1, start: 0, end: 50 * Millisecond);

        Assert.Equal(2, threads.Threads(1000, 50 * Millisecond));
    }
}

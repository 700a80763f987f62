using Benchmarks.Measurement;

namespace Benchmarks.Tests;

public class MeasurementTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Busy_time_is_everything_but_idle_and_waiting_for_disks() =>
        // user 100, nice 20, system 30, idle 4000, iowait 50, irq 6, softirq 7, steal 8, guest 9: hundredths of a second.
        Assert.Equal(TimeSpan.FromSeconds(1.71), CpuReading.ParseProcStat("cpu  100 20 30 4000 50 6 7 8 9 0"));

    [Fact]
    public void Time_of_this_process_is_not_contention()
    {
        CpuReading before = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        Assert.False(new CpuReading(Second, 2 * Second, 2 * Second).IsContendedSince(before, processors: 2));
    }

    [Fact]
    public void Time_of_others_is_contention_once_it_is_more_than_a_quiet_system_takes()
    {
        CpuReading before = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        Assert.False(new CpuReading(Second, 1.05 * Second, Second).IsContendedSince(before, processors: 2));
        Assert.True(new CpuReading(Second, 1.2 * Second, Second).IsContendedSince(before, processors: 2));
    }

    [Fact]
    public void Where_the_system_does_not_tell_nothing_is_contended()
    {
        CpuReading before = new(TimeSpan.Zero, null, TimeSpan.Zero);
        Assert.False(new CpuReading(Second, null, TimeSpan.Zero).IsContendedSince(before, processors: 2));
    }

    [Fact]
    public void Runs_of_contended_turns_are_thrown_away()
    {
        // Others take the whole machine between the first two readings, which are those around the first turn.
        CellTimes cell = Measure(reading => reading == 1);
        Assert.True(cell.Times[0].Rejected > 0);
        Assert.True(cell.Times[0].Accepted >= 3);
        Assert.False(cell.Times[0].IsContended);
        Assert.Equal(0, cell.Times[1].Rejected);
    }

    [Fact]
    public void Times_are_marked_where_there_was_no_quiet_turn()
    {
        CellTimes cell = Measure(_ => true);
        Assert.All(cell.Times, times => Assert.True(times.IsContended));
        Assert.All(cell.Times, times => Assert.True(times.Median > 0));
    }

    [Fact]
    public void Engines_take_turns()
    {
        List<string> order = [];
        Action Engine(string name) => () =>
        {
            if (order.LastOrDefault() != name)
                order.Add(name);
            Thread.Sleep(1);
        };
        new InterleavedMeasurement(0.01, QuietClock(), () => { }).Run([("a", Engine("a")), ("b", Engine("b"))], CancellationToken.None);
        Assert.True(order.Count >= 4);
        Assert.Equal(["a", "b", "a", "b"], order.Take(4));
    }

    [Fact]
    public void A_cancelled_measurement_stops()
    {
        using CancellationTokenSource source = new();
        int runs = 0;
        Action engine = () =>
        {
            if (++runs == 5)
                source.Cancel();
        };
        Assert.Throws<OperationCanceledException>(() => new InterleavedMeasurement(3600, QuietClock(), () => { })
            .Run([("a", engine), ("b", engine)], source.Token));
    }

    [Fact]
    public void The_median_is_the_middle_run_or_the_mean_of_two()
    {
        RunTimes times = new();
        times.Add([3, 1, 2], contended: false, Second, Second);
        times.Add([0.1], contended: true, Second, Second);
        Assert.Equal((1, 2, 3), (times.Min, times.Median, times.Max));
        times.Add([10], contended: false, Second, Second);
        Assert.Equal(2.5, times.Median);
    }

    [Fact]
    public void A_peak_is_above_what_plain_code_does()
    {
        foreach (var kernel in Microsoft.ML.Ternary.Kernels.TernaryKernels.Supported.Skip(1))
            Assert.True(PeakMultiplyAdds.GigaPerSecond(kernel) > 2 * PeakMultiplyAdds.GigaPerSecond(Microsoft.ML.Ternary.Kernels.TernaryKernel.Scalar));
    }

    // Two engines of a millisecond a run; before each reading, others take the whole machine where the test says so.
    private static CellTimes Measure(Func<int, bool> othersRan)
    {
        int reading = 0;
        TimeSpan machine = TimeSpan.Zero;
        CpuReading Clock()
        {
            if (othersRan(reading))
                machine += 1000 * Second;
            return new CpuReading(reading++ * TimeSpan.FromMilliseconds(20), machine, TimeSpan.Zero);
        }

        return new InterleavedMeasurement(0.02, Clock, () => { }).Run([("a", () => Thread.Sleep(1)), ("b", () => Thread.Sleep(1))], CancellationToken.None);
    }

    private static Func<CpuReading> QuietClock() => () => new CpuReading(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
}

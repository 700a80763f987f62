using Benchmarks.Ann.Measuring;
using FsCheck.Xunit;

namespace Benchmarks.Tests.Ann;

public class ParetoFrontierTests
{
    [Fact]
    public void Points_that_others_beat_are_left_out()
    {
        ParetoFrontier frontier = new([(0.9, 100), (0.8, 90), (0.95, 50), (0.95, 40), (0.7, 200)]);
        Assert.Equal([(0.7, 200), (0.9, 100), (0.95, 50)], frontier.Points);
    }

    [Fact]
    public void Between_two_points_the_logarithm_of_the_speed_is_linear_in_recall()
    {
        ParetoFrontier frontier = new([(0.9, 1000), (1.0, 10)]);
        Assert.Equal(100, frontier.QpsAt(0.95)!.Value, 1e-9);
        Assert.Equal(10, frontier.QpsAt(1)!.Value, 1e-9);
    }

    [Fact]
    public void Below_the_first_point_its_speed_counts_and_above_the_last_one_nothing_does()
    {
        ParetoFrontier frontier = new([(0.9, 1000), (0.98, 10)]);
        Assert.Equal(1000, frontier.QpsAt(0.5));
        Assert.Null(frontier.QpsAt(0.99));
        Assert.Null(new ParetoFrontier([]).QpsAt(0.5));
    }

    [Property]
    public bool No_point_beats_one_of_the_frontier(byte[] recalls, byte[] speeds)
    {
        (double Recall, double Qps)[] points = [.. recalls.Zip(speeds, (recall, speed) => (recall / 255.0, 1.0 + speed))];
        ParetoFrontier frontier = new(points);
        return frontier.Points.All(kept => !points.Any(point => point.Recall >= kept.Recall && point.Qps >= kept.Qps && point != kept));
    }

    [Property]
    public bool Every_point_is_reached(byte[] recalls, byte[] speeds)
    {
        (double Recall, double Qps)[] points = [.. recalls.Zip(speeds, (recall, speed) => (recall / 255.0, 1.0 + speed))];
        ParetoFrontier frontier = new(points);
        return points.All(point => frontier.QpsAt(point.Recall) >= point.Qps * (1 - 1e-12));
    }

    [Property]
    public bool More_recall_is_never_faster(byte[] recalls, byte[] speeds, byte low, byte high)
    {
        ParetoFrontier frontier = new(recalls.Zip(speeds, (recall, speed) => (recall / 255.0, 1.0 + speed)));
        double? less = frontier.QpsAt(Math.Min(low, high) / 255.0), more = frontier.QpsAt(Math.Max(low, high) / 255.0);
        return more is null || less >= more * (1 - 1e-12);
    }
}

// Of the points of a sweep, those that count: no other finds as much in less time. Between two of them lies what parameters in
// between would give.
namespace Benchmarks.Ann.Measuring;

/// <summary>Points of recall and speed of which none is better than another in both, by ascending recall.</summary>
internal sealed class ParetoFrontier
{
    private readonly (double Recall, double Qps)[] _points;

    /// <summary>The frontier of points.</summary>
    public ParetoFrontier(IEnumerable<(double Recall, double Qps)> points)
    {
        List<(double Recall, double Qps)> frontier = [];
        foreach ((double Recall, double Qps) point in points.OrderByDescending(point => point.Recall).ThenByDescending(point => point.Qps))
        {
            if (frontier.Count == 0 || point.Qps > frontier[^1].Qps)
                frontier.Add(point);
        }
        frontier.Reverse();
        _points = [.. frontier];
    }

    public IReadOnlyList<(double Recall, double Qps)> Points => _points;

    /// <summary>Queries a second at a recall: between two points the logarithm of the speed is linear in recall; below the first
    /// one its speed, which finds more than asked for.</summary>
    /// <returns>Null where no point finds so much.</returns>
    public double? QpsAt(double recall)
    {
        int above = Array.FindIndex(_points, point => point.Recall >= recall);
        if (above < 0)
            return null;
        (double r1, double q1) = _points[above];
        if (above == 0)
            return q1;
        (double r0, double q0) = _points[above - 1];
        double share = (recall - r0) / (r1 - r0);
        return Math.Exp((1 - share) * Math.Log(q0) + share * Math.Log(q1));
    }
}

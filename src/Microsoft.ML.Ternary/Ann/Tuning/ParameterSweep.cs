// Finds the least effort that reaches the recall target: upwards by doubling until it is reached, then back by bisection. On a
// given set of queries recall grows with effort, nearly without exception, so bisection finds the least that matters.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Sweeps the parameters of searches of one index.</summary>
internal sealed class ParameterSweep(BuiltCandidate built, RecallMeter meter, AnnTuningOptions options, CancellationToken cancellation)
{
    // Bisection ends when the interval is this narrow: a twentieth of the effort is a few percent of speed.
    private const double Narrow = 1.05;

    private readonly Dictionary<SearchOptions, TunedPoint> _points = [];

    /// <summary>All that was measured, in the order of their measuring.</summary>
    public IReadOnlyCollection<TunedPoint> Points => _points.Values;

    /// <summary>Sweeps.</summary>
    /// <param name="beyond">Whether to look at more effort than the target needs too, as a frontier shows it.</param>
    /// <returns>The point of least effort that reaches the target, or the one of the highest recall if none does.</returns>
    public TunedPoint Run(bool beyond)
    {
        TunedKind kind = built.Candidate.Kind;
        bool rescores = built.Index.RescoringCodec is not null;
        SearchOptions search = rescores ? new SearchOptions { Rescore = kind.WidestRescore(built.Index, options.K) } : new SearchOptions();
        int most = search.Rescore;
        if (kind.Effort(built.Index, options.K) is { } effort)
        {
            int value = Least(effort, search);
            if (beyond && value < effort.High)
                Measure(effort.Apply(search, Math.Min(effort.High, value * 2)));
            search = effort.Apply(search, value);
            most = most > 0 ? most : value;
        }
        TunedPoint reached = Measure(search);
        if (rescores && most > options.K)
        {
            SearchAxis rescore = SearchAxis.Rescore(options.K, most);
            reached = Measure(rescore.Apply(search, Least(rescore, search)));
        }
        return reached.Reaches(options.RecallTarget) ? reached : Points.MaxBy(point => point.Recall)!;
    }

    private int Least(SearchAxis axis, SearchOptions search)
    {
        int below = axis.Low - 1, value = axis.Low;
        while (!Reaches(axis, search, value))
        {
            if (value == axis.High)
                return value;
            below = value;
            value = (int)Math.Min(axis.High, value * 2L);
        }
        while (value - below > 1 && value > below * Narrow)
        {
            int middle = Math.Clamp((int)Math.Sqrt((double)below * value), below + 1, value - 1);
            if (Reaches(axis, search, middle))
                value = middle;
            else
                below = middle;
        }
        return value;
    }

    private bool Reaches(SearchAxis axis, SearchOptions search, int value) => Measure(axis.Apply(search, value)).Reaches(options.RecallTarget);

    private TunedPoint Measure(SearchOptions search)
    {
        if (!_points.TryGetValue(search, out TunedPoint? point))
        {
            (double recall, double error) = meter.Measure(built.Index, search, cancellation);
            _points[search] = point = new TunedPoint(built, search, recall, error);
        }
        return point;
    }
}

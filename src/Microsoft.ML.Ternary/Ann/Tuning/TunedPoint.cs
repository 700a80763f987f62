// A trial while it is being measured: what is known of its recall, and the speeds of its runs so far.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An index that was built, with the parameters of searches and what they gave.</summary>
internal sealed record TunedPoint(BuiltCandidate Built, SearchOptions Search, double Recall, double StandardError)
{
    /// <summary>Queries a second of each run.</summary>
    public List<double> Rates { get; } = [];

    /// <summary>The third quartile of the runs: what else happens on a machine only ever slows a run down, and may do so to more than
    /// half of them.</summary>
    public double QueriesPerSecond
    {
        get
        {
            double[] sorted = [.. Rates.Order()];
            return sorted.Length == 0 ? 0 : sorted[sorted.Length * 3 / 4];
        }
    }

    public bool Reaches(double target) => Recall - StandardError >= target;

    public AnnTuningTrial ToTrial() => new()
    {
        IndexOptions = Built.Candidate.Kind.WithDefaults(Built.Options, Search),
        SearchOptions = Search,
        Recall = Recall,
        RecallStandardError = StandardError,
        QueriesPerSecond = QueriesPerSecond,
        BuildSeconds = Built.Seconds,
        BytesPerVector = Built.BytesPerVector,
        Vectors = Built.Index.Count,
    };
}

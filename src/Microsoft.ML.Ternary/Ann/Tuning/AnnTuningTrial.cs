// One combination of parameters and what it was measured to do.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An index with its parameters, and how it did.</summary>
public sealed record AnnTuningTrial
{
    /// <summary>What the index is built with. Parameters of searches that an index can hold, such as
    /// <see cref="HnswOptions.EfSearch"/>, are the trial's.</summary>
    public required VectorIndexOptions IndexOptions { get; init; }

    /// <summary>What it is searched with.</summary>
    public required SearchOptions SearchOptions { get; init; }

    /// <summary>The share of the true K nearest neighbours that searches found, over all queries. A neighbour as near as the true
    /// K-th counts, whichever of several it is.</summary>
    public required double Recall { get; init; }

    /// <summary>The standard error of <see cref="Recall"/>: the standard deviation over the queries, divided by the square root of
    /// their number. Other queries of the same kind give a recall within one of it two times out of three.</summary>
    public required double RecallStandardError { get; init; }

    /// <summary>Single queries a second on one thread: the third quartile of several short runs. It holds for this machine and for what
    /// else ran on it.</summary>
    public required double QueriesPerSecond { get; init; }

    /// <summary>Seconds that building took on one thread, beside the builds of other candidates.</summary>
    public required double BuildSeconds { get; init; }

    /// <summary>Bytes of memory for each vector, vectors kept for rescoring included. Where it was measured on a sample, what is the
    /// same for any number of vectors is spread over all of them.</summary>
    public required double BytesPerVector { get; init; }

    /// <summary>The number of vectors it was measured on.</summary>
    public required int Vectors { get; init; }

    /// <summary>How the index is searched.</summary>
    public AnnIndexKind Kind => TunedKinds.Of(IndexOptions).Kind;

    internal bool Reaches(double target) => Recall - RecallStandardError >= target;

    /// <summary>Whether this is at least as good as another in both recall and speed, and better in one.</summary>
    internal bool Beats(AnnTuningTrial other) =>
        Recall >= other.Recall && QueriesPerSecond >= other.QueriesPerSecond
        && (Recall > other.Recall || QueriesPerSecond > other.QueriesPerSecond);
}

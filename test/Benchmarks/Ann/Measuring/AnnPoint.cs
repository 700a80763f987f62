// One index searched with one choice of parameters: a point in the plane of recall and speed.
using Benchmarks.Measurement;

namespace Benchmarks.Ann.Measuring;

/// <summary>A point and the samples of its speed.</summary>
/// <param name="parameters">The parameters of searching.</param>
/// <param name="recall">Recall@10 over <paramref name="queries"/>.</param>
/// <param name="queries">How many queries it was counted over: all, or as many as time allowed.</param>
/// <param name="roughQps">Queries a second while it was counted.</param>
internal sealed class AnnPoint(IReadOnlyDictionary<string, int> parameters, double recall, int queries, double roughQps)
{
    public IReadOnlyDictionary<string, int> Parameters => parameters;

    public double Recall => recall;

    public int Queries => queries;

    public double RoughQps => roughQps;

    /// <summary>Milliseconds a query, a value a sample.</summary>
    public RunTimes Times { get; } = new();

    /// <summary>Samples taken, those that do not count included.</summary>
    public int Attempts => Times.Accepted + Times.Rejected;
}

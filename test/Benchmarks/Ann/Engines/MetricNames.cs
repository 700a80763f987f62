// Metrics on the command line and in the protocol.
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Engines;

internal static class MetricNames
{
    public const string L2 = "l2", Cosine = "cosine";

    /// <exception cref="FormatException">There is no such metric.</exception>
    public static AnnMetric Parse(string name) => name switch
    {
        L2 => AnnMetric.L2,
        Cosine => AnnMetric.Cosine,
        _ => throw new FormatException($"There is no metric '{name}' here; there are {L2} and {Cosine}."),
    };

    public static string Of(AnnMetric metric) => metric == AnnMetric.L2 ? L2 : Cosine;
}

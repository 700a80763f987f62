// Parameters are few, named as the field names them, and passed through to engines in several languages: a list of names and numbers.
using System.Globalization;

namespace Benchmarks.Ann.Engines;

/// <summary>Names of parameters, as results give them.</summary>
internal static class Parameters
{
    public const string M = "m", EfConstruction = "ef_construction", EfSearch = "ef_search", NList = "nlist", NProbe = "nprobe";
    public const string Tables = "tables", Bits = "bits", Probes = "probes", Rescore = "rescore";

    /// <summary>Those that an index is built with; the others may differ from search to search.</summary>
    public static IReadOnlySet<string> OfBuilding { get; } = new HashSet<string> { M, EfConstruction, NList, Tables, Bits };

    /// <summary>As text for people: "ef_search 40, rescore 20".</summary>
    public static string Describe(IEnumerable<KeyValuePair<string, int>> parameters) =>
        string.Join(", ", parameters.Select(parameter => string.Create(CultureInfo.InvariantCulture, $"{parameter.Key} {parameter.Value}")));
}

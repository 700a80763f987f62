// The indexes of the experiment, each with the parameters that this library chooses where its user names none.
using static Benchmarks.Ann.Engines.Parameters;

namespace Benchmarks.Ann.Paper;

/// <summary>An index of this library.</summary>
/// <param name="Kind">flat, ivf, lsh or hnsw.</param>
/// <param name="Codec">How vectors are stored.</param>
/// <param name="Rescoring">The form in which the best candidates are compared again, or null.</param>
/// <param name="Build">Parameters of building.</param>
/// <param name="Search">Parameters of searching.</param>
internal sealed record PaperIndex(string Kind, string Codec, string? Rescoring, IReadOnlyDictionary<string, int> Build, IReadOnlyDictionary<string, int> Search)
{
    private static readonly Dictionary<string, int> Default = [];

    private static readonly Dictionary<string, int> Graph = new() { [M] = 16, [EfConstruction] = 200 };

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<PaperIndex> All { get; } =
    [
        new("flat", "f32", null, Default, Default),
        new("ivf", "f32", null, Default, Default),
        new("lsh", "f32", null, Default, Default),
        new("hnsw", "f32", null, Graph, Default),
        new("flat", "ternary", "f32", Default, Default),
        new("ivf", "ternary", "f32", Default, Default),
        new("lsh", "ternary", "f32", Default, Default),
        new("hnsw", "ternary", "f32", Graph, Default),
    ];
}

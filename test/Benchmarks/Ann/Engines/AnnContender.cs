// What is compared: an engine's index of one kind over vectors in one form, with everything that is tried when it is searched.
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Engines;

/// <summary>An index of an engine.</summary>
/// <param name="Engine">ternary-ml, hnswlib, faiss or usearch.</param>
/// <param name="Index">flat, ivf, lsh or hnsw.</param>
/// <param name="Codec">How vectors are stored: f32, f16, int8, ternary or binary.</param>
/// <param name="Rescoring">The form in which the best candidates are compared again, or null.</param>
/// <param name="Build">Parameters of building.</param>
/// <param name="Sweeps">Parameters of searching: series, each from few to many candidates.</param>
internal sealed record AnnContender(
    string Engine, string Index, string Codec, string? Rescoring, IReadOnlyDictionary<string, int> Build, IReadOnlyList<IReadOnlyList<IReadOnlyDictionary<string, int>>> Sweeps)
{
    /// <summary>Whether it can be measured on a data set; null for any.</summary>
    public AnnMetric? OnlyFor { get; init; }

    /// <summary>Its name in progress and plots.</summary>
    public string Label => LabelOf(Engine, Index, Codec, Rescoring);

    /// <summary>The name of an index: "faiss lsh binary+f32".</summary>
    public static string LabelOf(string engine, string index, string codec, string? rescoring) =>
        $"{engine} {index} {codec}" + (rescoring is null ? "" : "+" + rescoring);
}

// A parameter of searches that trades speed for recall. The sweep knows no more of efSearch, nprobe and their like than this.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A parameter of searches: more of it is slower and finds more.</summary>
/// <param name="Low">The least to try.</param>
/// <param name="High">The most to try.</param>
/// <param name="Apply">Options with the parameter set.</param>
internal sealed record SearchAxis(int Low, int High, Func<SearchOptions, int, SearchOptions> Apply)
{
    /// <summary>The number of candidates that are compared once more, for any kind of index.</summary>
    public static SearchAxis Rescore(int low, int high) => new(low, Math.Max(low, high), (options, value) => options with { Rescore = value });
}

// Where a build stands, for whoever draws a progress bar or decides to cancel.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>How far the build of an index has come.</summary>
/// <param name="Done">Vectors indexed so far.</param>
/// <param name="Total">Vectors to index.</param>
public readonly record struct IndexBuildProgress(int Done, int Total);

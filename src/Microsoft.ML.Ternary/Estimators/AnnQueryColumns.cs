// One search of a pipeline: several may share one index.
namespace Microsoft.ML.Ternary;

/// <summary>A column of queries and the two columns that its search makes.</summary>
/// <param name="Input">The column of vectors that are searched for: of known size, the index's dimension.</param>
/// <param name="Neighbors">The column made with the nearest neighbours, nearest first.</param>
/// <param name="Distances">The column made with their distances.</param>
public sealed record AnnQueryColumns(string Input, string Neighbors, string Distances);

// A flat index has no structure, so it has no options but those of every index.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options for building a flat index.</summary>
public sealed record FlatOptions : VectorIndexOptions;

namespace Benchmarks.Rounding;

/// <summary>What one way of rounding does to the weights of one kind, and all of it to the embeddings.</summary>
/// <param name="Method">The way of rounding.</param>
/// <param name="Layers">The linear layers, by the name they share; "all" for the encoder.</param>
/// <param name="RelativeSquaredError">Squared error of the weights over their squares.</param>
/// <param name="CosineMean">Mean cosine of the embeddings to the full-precision model's; null where it was not measured.</param>
/// <param name="CosineP5">The cosine that 5 % of the texts stay below.</param>
internal sealed record RoundingRow(string Method, string Layers, double RelativeSquaredError, double? CosineMean, double? CosineP5)
{
    /// <summary>What <see cref="Layers"/> is of a row over the whole encoder.</summary>
    public const string AllLayers = "all";
}

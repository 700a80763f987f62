// What the choice of digits has to know of the model that will be made of them.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Options of <see cref="DigitSelection"/>.</summary>
public sealed record DigitSelectionOptions
{
    /// <summary>How weights become codes and scales.</summary>
    public TernaryScaling Scaling { get; init; } = TernaryScaling.PerRow();

    /// <summary>Layers that stay in full precision, as in <see cref="ModelTernarizer.Ternarize"/>; null for none.</summary>
    public IReadOnlyCollection<string>? FullPrecision { get; init; }

    /// <summary>How the file is stored: the form of the token embeddings is half of its size. Null for the defaults.</summary>
    public TernaryModelFileOptions? File { get; init; }
}

// Classification has two protocols: all examples once, or MTEB's few examples several times.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>How a classification task trains.</summary>
public sealed record ClassificationOptions
{
    /// <summary>Examples of each class that are drawn for training; null, the default, trains on all.</summary>
    public int? FewShot { get; init; }

    /// <summary>Draws whose figures are averaged where <see cref="FewShot"/> is set; 10 as in MTEB.</summary>
    public int Repetitions { get; init; } = 10;

    /// <summary>Decides which examples are drawn.</summary>
    public int Seed { get; init; } = 42;
}

// How full-precision weights become ternary: where the threshold lies and which scale the codes carry. One value that files,
// options and the distiller can name, compare and print.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A rule that rounds full-precision weights to ternary codes with scales.</summary>
/// <seealso cref="TernaryMatrix.Ternarize"/>
public sealed record TernaryScaling
{
    private TernaryScaling(bool isPerRow, float threshold)
    {
        if (!(threshold > 0) || !float.IsFinite(threshold))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold multiplier must be positive and finite.");
        IsPerRow = isPerRow;
        Threshold = threshold;
    }

    /// <summary>Whether each row has a scale of its own.</summary>
    public bool IsPerRow { get; }

    /// <summary>The factor on the mean absolute weight, of the matrix or of the row, that sets the threshold.</summary>
    public float Threshold { get; }

    /// <summary>One scale a matrix: m = <paramref name="threshold"/> x mean|w|, code = clamp(round(w / m), -1, 1), value = code x m.
    /// Halves round to even, so |w| = m / 2 becomes 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is not positive and finite.</exception>
    public static TernaryScaling PerMatrix(float threshold = 2) => new(false, threshold);

    /// <summary>A least-squares scale a row: codes where |w| > <paramref name="threshold"/> x mean|row|, scale = mean of those |w|
    /// (Li et al., "Ternary Weight Networks", 2016, whose approximate optimum is 0.75).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is not positive and finite.</exception>
    public static TernaryScaling PerRow(float threshold = 0.75f) => new(true, threshold);
}

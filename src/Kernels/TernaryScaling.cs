// How full-precision weights become ternary: where the threshold lies and which scale the codes carry. One value that files,
// options and the distiller can name, compare and print.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A rule that rounds full-precision weights to ternary codes with scales.</summary>
/// <seealso cref="TernaryMatrix.Ternarize"/>
public sealed record TernaryScaling
{
    // The steps of least squared error over the 36 matrices of all-MiniLM-L6-v2 (test/Benchmarks -- rounding): a row's error is
    // .0412 of its squares at 0.72 and within a hundredth of that from 0.68 to 0.76; a matrix's, .0486 at 0.77.
    private const float RowStep = 0.72f, MatrixStep = 0.77f;

    private TernaryScaling(bool isPerRow, float threshold, float step)
    {
        Require(threshold, nameof(threshold), "threshold multiplier");
        Require(step, nameof(step), "step multiplier");
        (IsPerRow, Threshold, Step) = (isPerRow, threshold, step);
    }

    /// <summary>Whether each row has a scale of its own.</summary>
    public bool IsPerRow { get; }

    /// <summary>One digit: the factor on the mean absolute weight, of the matrix or of the row, that sets the threshold.</summary>
    public float Threshold { get; }

    /// <summary>Two digits: the factor on the mean absolute weight, of the matrix or of the row, that sets the step between codes.</summary>
    public float Step { get; }

    /// <summary>One scale a matrix. One digit: m = <paramref name="threshold"/> x mean|w|, code = clamp(round(w / m), -1, 1),
    /// value = code x m. Two digits: as <see cref="PerRow"/> says, of the matrix instead of a row. Halves round to even, so |w| = m / 2
    /// becomes 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A factor is not positive and finite.</exception>
    public static TernaryScaling PerMatrix(float threshold = 2, float step = MatrixStep) => new(false, threshold, step);

    /// <summary>A least-squares scale a row. One digit: codes where |w| > <paramref name="threshold"/> x mean|row|, scale = mean of
    /// those |w| (Li et al., "Ternary Weight Networks", 2016, whose approximate optimum is 0.75). Two digits: s0 =
    /// <paramref name="step"/> x mean|row|, code = clamp(round(w / s0), -4, 4), halves to even, and then the scale that suits these
    /// codes best, s = sum(w x code) / sum(code x code).</summary>
    /// <exception cref="ArgumentOutOfRangeException">A factor is not positive and finite.</exception>
    public static TernaryScaling PerRow(float threshold = 0.75f, float step = RowStep) => new(true, threshold, step);

    private static void Require(float factor, string name, string words)
    {
        if (!(factor > 0) || !float.IsFinite(factor))
            throw new ArgumentOutOfRangeException(name, factor, $"The {words} must be positive and finite.");
    }
}

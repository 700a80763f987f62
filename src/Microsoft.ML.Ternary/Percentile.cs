// One definition of a percentile for all that report one, or two figures of the same cosines would differ.
namespace Microsoft.ML.Ternary;

/// <summary>Percentiles of values.</summary>
internal static class Percentile
{
    /// <summary>The value that <paramref name="percent"/> % of the values stay below, interpolated linearly between neighbours
    /// (Hyndman and Fan's type 7, which NumPy uses).</summary>
    public static double Of(ReadOnlySpan<double> values, double percent)
    {
        double[] sorted = values.ToArray();
        Array.Sort(sorted);
        double position = (sorted.Length - 1) * percent / 100;
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}

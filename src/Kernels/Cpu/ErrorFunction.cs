// .NET has no error function; this one, in double precision, is what the vectorised one is tested against.
namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal static class ErrorFunction
{
    // Beyond this erf is ±1 in double precision.
    private const double Limit = 6;

    // Where the series would lose digits to cancellation, the continued fraction of erfc already converges fast.
    private const double SeriesLimit = 2.5;
    private const int FractionTerms = 60;

    public static double Erf(double x)
    {
        if (double.IsNaN(x))
            return x;
        double magnitude = Math.Abs(x);
        if (magnitude >= Limit)
            return Math.Sign(x);
        return magnitude < SeriesLimit ? Series(x) : Math.Sign(x) * (1 - ComplementByFraction(magnitude));
    }

    // erf(x) = 2/√π Σ (-1)^n x^(2n+1) / (n! (2n+1)).
    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    // erfc(x) = e^(-x²)/√π / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))).
    private static double ComplementByFraction(double x)
    {
        double fraction = 0;
        for (int n = FractionTerms; n > 0; n--)
            fraction = n / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }
}

// The levels of a group of weights: evenly spaced, as GPTQ's authors choose them.
namespace Microsoft.ML.Ternary.Evaluation.Baselines;

/// <summary>Levels scale x (code - zero point), codes from 0 to 2^bits - 1.</summary>
/// <param name="Scale">Distance of two levels.</param>
/// <param name="ZeroPoint">The code of the value 0.</param>
/// <param name="LargestCode">2^bits - 1.</param>
internal readonly record struct QuantizationGrid(double Scale, int ZeroPoint, int LargestCode)
{
    // How the authors' code searches: ranges from the whole down to a fifth in steps of a hundredth, errors to the power of 2.4.
    private const int SearchSteps = 80;
    private const double SearchStep = 0.01, SearchPower = 2.4;

    /// <summary>The levels that suit some weights.</summary>
    public static QuantizationGrid Find(ReadOnlySpan<double> weights, GptqOptions options)
    {
        double low = 0, high = 0;
        foreach (double weight in weights)
            (low, high) = (Math.Min(low, weight), Math.Max(high, weight));
        if (options.Symmetric)
            (low, high) = (-Math.Max(-low, high), Math.Max(-low, high));
        // No weight but zero: any levels do.
        if (low == high)
            (low, high) = (-1, 1);
        QuantizationGrid best = Between(low, high, options);
        if (!options.SearchRange)
            return best;
        double least = best.Error(weights);
        for (int i = 1; i < SearchSteps; i++)
        {
            double share = 1 - SearchStep * i;
            QuantizationGrid grid = Between(share * low, share * high, options);
            double error = grid.Error(weights);
            if (error < least)
                (least, best) = (error, grid);
        }
        return best;
    }

    /// <summary>The code of the nearest level, counted from the zero point; halves to even.</summary>
    public int Code(double weight) => (int)Math.Clamp(Math.Round(weight / Scale), -ZeroPoint, LargestCode - ZeroPoint);

    private static QuantizationGrid Between(double low, double high, GptqOptions options)
    {
        int largest = (1 << options.Bits) - 1;
        double scale = (high - low) / largest;
        return new QuantizationGrid(scale, options.Symmetric ? (largest + 1) / 2 : (int)Math.Round(-low / scale), largest);
    }

    private double Error(ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights)
            sum += Math.Pow(Math.Abs(weight - Scale * Code(weight)), SearchPower);
        return sum;
    }
}

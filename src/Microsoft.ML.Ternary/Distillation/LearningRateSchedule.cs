// The learning rate of each step: warm-up, then decay; and its peak where the recipe leaves it open.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

internal static class LearningRateSchedule
{
    // Measured on a 6 x 384 teacher: the best peak falls as the run grows, and codes of nine levels want smaller moves than those of
    // three. (tokens of the run, best peak)
    private static readonly (double Tokens, double Rate)[]
        OneDigit = [(3e5, 1e-3), (1.35e6, 4e-4), (8e6, 2e-4)],
        TwoDigits = [(3e5, 2e-4), (4e6, 1e-4)];

    /// <summary>The peak for a run of so many tokens: linear between the measured points in the logarithms, constant outside.</summary>
    public static double PeakFor(double tokens, TernaryDigits digits)
    {
        (double Tokens, double Rate)[] peaks = digits == TernaryDigits.One ? OneDigit : TwoDigits;
        if (tokens <= peaks[0].Tokens)
            return peaks[0].Rate;
        for (int i = 1; i < peaks.Length; i++)
        {
            if (tokens > peaks[i].Tokens)
                continue;
            (double t0, double r0) = peaks[i - 1];
            (double t1, double r1) = peaks[i];
            double share = Math.Log(tokens / t0) / Math.Log(t1 / t0);
            return r0 * Math.Pow(r1 / r0, share);
        }
        return peaks[^1].Rate;
    }

    /// <summary>The rate of step <paramref name="step"/>, counted from 0, of <paramref name="totalSteps"/>.</summary>
    public static double Rate(TernaryRecipe recipe, double peak, int step, int totalSteps, int epoch)
    {
        double warmUpSteps = recipe.WarmUp * totalSteps;
        if (step < warmUpSteps)
            return peak * (step + 1) / (warmUpSteps + 1);
        return recipe.Decay switch
        {
            LearningRateDecay.EpochStep => peak * Math.Pow(recipe.EpochDecay, epoch),
            _ => peak * 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp((step - warmUpSteps) / (totalSteps - warmUpSteps), 0, 1))),
        };
    }
}

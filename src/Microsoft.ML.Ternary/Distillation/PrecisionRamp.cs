// How far the weights are ternary at each step, where a recipe lets them get there slowly. It depends on the step alone, so that a run
// that is resumed goes on as it was.
namespace Microsoft.ML.Ternary.Distillation;

internal static class PrecisionRamp
{
    /// <summary>The share a of ternary(w) in (1 - a) w + a ternary(w) at step <paramref name="step"/>, counted from 0, of
    /// <paramref name="totalSteps"/>: 0 at the first, 1 from the end of the ramp on.</summary>
    public static float TernaryShare(TernaryRecipe recipe, int step, int totalSteps)
    {
        double steps = recipe.PrecisionRamp * totalSteps;
        return step < steps ? (float)(step / steps) : 1;
    }
}

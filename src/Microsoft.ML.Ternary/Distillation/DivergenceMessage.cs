// What a user reads whose training has diverged: when, how, what to change, and where what was good is.
using System.Globalization;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DivergenceMessage
{
    /// <param name="what">What was seen.</param>
    /// <param name="step">The step, from 1, at which.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <param name="good">The state that was gone back to.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="float32">Whether matrices are multiplied in float32 already.</param>
    /// <param name="onDisk">Whether the checkpoint holds that state.</param>
    public static string Of(string what, int step, double rate, DistillationState good, DistillationOptions options, bool float32, bool onDisk)
    {
        TernaryRecipe recipe = options.Recipe;
        string clipping = recipe.GradientClipping > 0
            ? string.Create(CultureInfo.InvariantCulture, $"lower {nameof(TernaryRecipe.GradientClipping)}, {recipe.GradientClipping:g3} now")
            : $"set {nameof(TernaryRecipe.GradientClipping)}, which is off";
        string precision = float32 ? "" : $", or set {nameof(DistillationOptions)}.{nameof(DistillationOptions.Precision)} to {nameof(MatrixPrecision.Float32)}";
        string place = onDisk
            ? $"The state after step {good.Step} is in {options.CheckpointPath}: go on from it with {nameof(DistillationOptions.Resume)} and the lower rate."
            : $"The model as it was after step {good.Step} is the exception's {nameof(DistillationDivergedException.LastGood)}.";
        return string.Create(CultureInfo.InvariantCulture,
            $"Training has diverged at step {step} of {good.TotalSteps}, with learning rate {rate:g3} (peak {good.PeakLearningRate:g3}): {what}. Lower {nameof(TernaryRecipe)}.{nameof(TernaryRecipe.LearningRate)}, or {clipping}{precision}. {place}");
    }
}

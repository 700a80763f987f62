// What a distilled model says about where it comes from; it travels in every file the model is saved to.
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DistillationProvenance
{
    public static IReadOnlyDictionary<string, string> Of(EmbeddingModel teacher, DistillationReport report, DistillationOptions options)
    {
        TernaryRecipe recipe = report.Recipe;
        string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
        return new Dictionary<string, string>(teacher.Provenance)
        {
            ["distillation.recipe"] = recipe.Name,
            ["distillation.scaling"] = recipe.Scaling.IsPerRow ? "per row" : "per matrix",
            ["distillation.threshold"] = Number(recipe.Scaling.Threshold),
            ["distillation.int8_activations"] = recipe.SimulateInt8Activations ? "simulated" : "not simulated",
            ["distillation.learning_rate"] = Number(recipe.LearningRate ?? 0),
            ["distillation.batch_size"] = recipe.BatchSize.ToString(CultureInfo.InvariantCulture),
            ["distillation.seed"] = options.EffectiveSeed.ToString(CultureInfo.InvariantCulture),
            ["distillation.steps"] = report.Steps.ToString(CultureInfo.InvariantCulture),
            ["distillation.tokens"] = report.Tokens.ToString(CultureInfo.InvariantCulture),
            ["distillation.cosine_mean"] = Number(report.CosineMean),
            ["distillation.cosine_p5"] = Number(report.CosineP5),
            ["distillation.held_out_texts"] = report.HeldOutTexts.ToString(CultureInfo.InvariantCulture),
        };
    }
}

// What a distilled model says about where it comes from; it travels in every file the model is saved to.
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DistillationProvenance
{
    // Enough to see the course of a run; the whole curve is in its report.
    private const int CurvePoints = 50;

    // DigitSelection keeps some room for all of this, and its choice may name most layers of a large model.
    private const int MostPatterns = 8;

    public static IReadOnlyDictionary<string, string> Of(EmbeddingModel teacher, DistillationReport report, DistillationOptions options)
    {
        TernaryRecipe recipe = report.Recipe;
        string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
        return new Dictionary<string, string>(teacher.Provenance)
        {
            ["distillation.recipe"] = recipe.Name,
            ["distillation.scaling"] = recipe.Scaling.IsPerRow ? "per row" : "per matrix",
            ["distillation.threshold"] = Number(recipe.Scaling.Threshold),
            ["distillation.digits"] = Digits(recipe.Digits),
            ["distillation.token_embeddings"] = recipe.TokenEmbeddings.ToString().ToLowerInvariant() + (recipe.TrainEmbeddings ? ", trained" : ""),
            ["distillation.int8_activations"] = recipe.SimulateInt8Activations ? "simulated" : "not simulated",
            ["distillation.settings"] = Settings(recipe with { LearningRate = options.Recipe.LearningRate }),
            ["distillation.learning_rate"] = Number(recipe.LearningRate ?? 0),
            ["distillation.batch_size"] = recipe.BatchSize.ToString(CultureInfo.InvariantCulture),
            ["distillation.seed"] = options.EffectiveSeed.ToString(CultureInfo.InvariantCulture),
            ["distillation.steps"] = report.Steps.ToString(CultureInfo.InvariantCulture),
            ["distillation.tokens"] = report.Tokens.ToString(CultureInfo.InvariantCulture),
            ["distillation.cosine_mean"] = Number(report.CosineMean),
            ["distillation.cosine_p5"] = Number(report.CosineP5),
            ["distillation.held_out_texts"] = report.HeldOutTexts.ToString(CultureInfo.InvariantCulture),
            ["distillation.loss_curve"] = LossCurve(report),
        };
    }

    private static string Digits(TernaryDigits digits) =>
        digits.Patterns is { Count: > MostPatterns } patterns ? $"2 in {patterns.Count} layers, which the tensors' shapes tell" : digits.Name;

    // Layers by name are told once.
    private static string Settings(TernaryRecipe recipe) => string.Join(", ", RecipeSettings.Differences(
        recipe.Digits.Patterns is null ? recipe : recipe with { Digits = TernaryRecipe.Default.Digits }, TernaryRecipe.Default));

    /// <summary>At most <see cref="CurvePoints"/> points as JSON, [[step, loss], ...], the last step's among them.</summary>
    /// <remarks>Only points at even distances are taken: others lie where a clock said that it was time to measure, and the same
    /// run would not give the same file twice.</remarks>
    internal static string LossCurve(DistillationReport report)
    {
        int every = Math.Max(1, report.Steps / 200);
        LossPoint[] even = [.. report.LossCurve
            .Where(point => point.Step % every == 0 || point.Step == report.Steps).DistinctBy(point => point.Step)];
        int taken = Math.Min(CurvePoints, even.Length);
        IEnumerable<LossPoint> points = Enumerable.Range(1, taken).Select(i => even[(int)((long)i * even.Length / taken) - 1]);
        return $"[{string.Join(",", points.Select(point => string.Create(CultureInfo.InvariantCulture, $"[{point.Step},{point.Loss:G4}]")))}]";
    }
}

// What a training run did, for programs: names and meanings stay, so that runs can be compared over time.
using System.Text.Json;
using Microsoft.ML.Ternary.Distillation;
using Samples.Common;

namespace Samples.DistillModel;

internal static class ReportJson
{
    public static void Write(string path, DistillationReport report) => WholeFile.WriteLines(path,
    [
        JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["recipe"] = Settings(report.Recipe),
                ["steps"] = report.Steps,
                ["texts"] = report.Texts,
                ["tokens"] = report.Tokens,
                ["seconds"] = Math.Round(report.Seconds, 2),
                ["tokens_per_second"] = Math.Round(report.TokensPerSecond, 1),
                ["cosine_mean"] = report.CosineMean,
                ["cosine_p5"] = report.CosineP5,
                ["held_out_texts"] = report.HeldOutTexts,
                ["held_out_is_training_text"] = report.HeldOutIsTrainingText,
                ["zero_share"] = report.ZeroShare,
                ["teacher_bytes"] = report.TeacherBytes,
                ["student_bytes"] = report.StudentBytes,
                ["loss_curve"] = report.LossCurve,
                ["warnings"] = report.Warnings,
            },
            ModelFigures.JsonOptions),
    ]);

    /// <summary>Every setting of the recipe as <c>--set</c> takes it.</summary>
    public static Dictionary<string, string> Settings(TernaryRecipe recipe) =>
        RecipeSettings.Names.ToDictionary(name => name, name => RecipeSettings.Text(recipe, name));
}

// What is tried, and what came of it: the two records that monitors, tables and files are made from.
using System.Text.Json.Serialization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Experiments;

/// <summary>One candidate of an experiment, on one rung of successive halving.</summary>
public sealed record TernaryTrial
{
    private static readonly HashSet<string> Told =
    [
        nameof(TernaryRecipe.Digits), nameof(TernaryRecipe.TokenEmbeddings), nameof(TernaryRecipe.TrainEmbeddings), nameof(TernaryRecipe.Scaling),
        nameof(TernaryRecipe.HiddenStateLoss), nameof(TernaryRecipe.EmbeddingCosineWeight), nameof(TernaryRecipe.LearningRate), nameof(TernaryRecipe.BatchSize),
    ];

    /// <summary>Its number, from 1; the same on all rungs.</summary>
    public required int Number { get; init; }

    /// <summary>The rung, from 0: a trial that did well enough goes on to the next.</summary>
    public required int Rung { get; init; }

    /// <summary>How it is distilled.</summary>
    public required TernaryRecipe Recipe { get; init; }

    /// <summary>The layers it leaves in full precision.</summary>
    public required IReadOnlyList<string> FullPrecisionLayers { get; init; }

    /// <summary>Steps it will have trained for at the end of the rung, those of earlier rungs included; 0 where a time budget decides and
    /// no trial has been measured yet.</summary>
    public int Steps { get; init; }

    /// <summary>The same in batches of the size that the experiment counts in.</summary>
    internal int RungSteps { get; init; }

    /// <summary>Its settings in a line.</summary>
    public string Parameters
    {
        get
        {
            List<string> parts =
            [
                $"digits={Recipe.Digits}",
                $"embeddings={RecipeOption.Text(Recipe.TokenEmbeddings)}{(Recipe.TrainEmbeddings ? ",trained" : "")}",
                $"scale={(Recipe.Scaling.IsPerRow ? "row" : "matrix")}",
            ];
            if (Recipe.Digits.Name != TernaryDigits.Two.Name)
                parts.Add($"threshold={RecipeOption.Text((double)Recipe.Scaling.Threshold)}");
            if (Recipe.Digits.Name != TernaryDigits.One.Name)
                parts.Add($"step={RecipeOption.Text((double)Recipe.Scaling.Step)}");
            parts.Add($"loss={(Recipe.HiddenStateLoss == HiddenStateLoss.MeanSquaredError ? "mse" : "relative")}+{RecipeOption.Text((double)Recipe.EmbeddingCosineWeight)}cosine");
            parts.Add($"rate={(Recipe.LearningRate is double rate ? RecipeOption.Text(rate) : "auto")}");
            parts.Add($"batch={Recipe.BatchSize}");
            parts.AddRange(RecipeSettings.Differences(Recipe, TernaryRecipe.Default).Where(setting => !Told.Contains(setting[..setting.IndexOf('=', StringComparison.Ordinal)])));
            if (FullPrecisionLayers.Count > 0)
                parts.Add($"full={string.Join(',', FullPrecisionLayers)}");
            return string.Join(' ', parts);
        }
    }

    /// <summary>What a model's size and speed depend on.</summary>
    [JsonIgnore]
    internal string Shape =>
        $"digits={Recipe.Digits} embeddings={RecipeOption.Text(Recipe.TokenEmbeddings)} scale={(Recipe.Scaling.IsPerRow ? "row" : "matrix")} full={string.Join(',', FullPrecisionLayers)}";
}

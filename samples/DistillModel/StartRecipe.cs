// The recipes that commands begin with, by the names that options have.
using System.CommandLine;
using Microsoft.ML.Ternary.Distillation;

namespace Samples.DistillModel;

internal static class StartRecipe
{
    private static readonly TernaryRecipe[] All = [TernaryRecipe.Default, TernaryRecipe.OneDigit, TernaryRecipe.Paper];

    /// <summary>An option that takes one of the names.</summary>
    public static Option<string> Option(string name, string purpose) => new Option<string>(name)
    {
        Description = $"{purpose}: default (two digits a weight), one-digit, or paper",
        DefaultValueFactory = _ => TernaryRecipe.Default.Name,
    }.AcceptOnlyFromAmong([.. All.Select(recipe => recipe.Name)]);

    /// <summary>The recipe of that name.</summary>
    public static TernaryRecipe Of(string name) => All.Single(recipe => recipe.Name == name);
}

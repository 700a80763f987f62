// A recipe under the name that a comparison's table gives it.
using Microsoft.ML.Ternary.Distillation;

namespace Samples.DistillModel;

/// <summary>One of the recipes that are compared.</summary>
/// <param name="Name">Its name in tables and files.</param>
/// <param name="Recipe">What it is.</param>
internal sealed record AblationRecipe(string Name, TernaryRecipe Recipe)
{
    /// <summary>In what it differs from the default, as <c>--set</c> takes it.</summary>
    public string Settings => string.Join(",", RecipeSettings.Differences(Recipe, TernaryRecipe.Default));

    /// <summary>Reads <c>name</c> or <c>name:Setting=value,Setting=value</c>: the settings are changed in <paramref name="start"/>.</summary>
    /// <exception cref="ArgumentException">The name is no file name, or a setting is wrong.</exception>
    public static AblationRecipe Parse(string text, TernaryRecipe start)
    {
        string[] parts = text.Split(':', 2);
        string name = parts[0].Trim();
        if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.AsSpan().ContainsAny(Path.GetInvalidFileNameChars()))
            throw new ArgumentException($"'{text}' does not begin with a name: write name:Setting=value,Setting=value.");
        string[] settings = parts.Length == 1 ? [] : parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries);
        return new AblationRecipe(name, RecipeSettings.Apply(start, settings) with { Name = name });
    }
}

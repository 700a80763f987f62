// Any setting of a recipe by its name and as text: what command lines, searches and files have. It reads the record itself, so that a
// new setting needs nothing here unless its type is new.
using System.Reflection;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Reads and writes the settings of a <see cref="TernaryRecipe"/> as text.</summary>
public static class RecipeSettings
{
    private static readonly PropertyInfo[] Properties =
        [.. typeof(TernaryRecipe).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null)];

    /// <summary>The names of all settings, in the order of the recipe.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Properties.Select(property => property.Name)];

    /// <summary>What may be written for a setting, in words.</summary>
    /// <exception cref="ArgumentException">There is no setting of that name.</exception>
    public static string AllowedValues(string name) => RecipeValue.Of(Property(name).PropertyType).Allowed;

    /// <summary>The recipe with some settings changed.</summary>
    /// <param name="recipe">The recipe to begin with.</param>
    /// <param name="settings">Settings as <c>Name=value</c>; names in any case.</param>
    /// <exception cref="ArgumentException">One has no such form, names no setting or holds a value that the setting cannot have; the message
    /// lists what can.</exception>
    public static TernaryRecipe Apply(TernaryRecipe recipe, IEnumerable<string> settings)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(settings);
        TernaryRecipe changed = recipe with { };
        foreach (string setting in settings)
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new ArgumentException($"'{setting}' is no setting of a recipe: write Name=value. {ListOfNames}");
            Write(changed, setting[..equals].Trim(), setting[(equals + 1)..].Trim());
        }
        changed.Validate();
        return changed;
    }

    /// <summary>The recipe with one setting changed.</summary>
    /// <exception cref="ArgumentException">There is no setting of that name, or it cannot have that value.</exception>
    public static TernaryRecipe Set(TernaryRecipe recipe, string name, string value) => Apply(recipe, [$"{name}={value}"]);

    /// <summary>A setting as text, which <see cref="Set"/> takes.</summary>
    /// <exception cref="ArgumentException">There is no setting of that name.</exception>
    public static string Text(TernaryRecipe recipe, string name)
    {
        PropertyInfo property = Property(name);
        return RecipeValue.Of(property.PropertyType).Text(property.GetValue(recipe));
    }

    /// <summary>The settings in which a recipe differs from another, as <c>Name=value</c>; names of recipes apart.</summary>
    public static IReadOnlyList<string> Differences(TernaryRecipe recipe, TernaryRecipe from) =>
    [
        .. Properties.Where(property => property.Name != nameof(TernaryRecipe.Name) && Text(recipe, property.Name) != Text(from, property.Name))
            .Select(property => $"{property.Name}={Text(recipe, property.Name)}"),
    ];

    private static string ListOfNames => $"Settings: {string.Join(", ", Names)}.";

    // A copy that nobody else has seen yet is written to, as "with" would.
    private static void Write(TernaryRecipe copy, string name, string value)
    {
        PropertyInfo property = Property(name);
        RecipeValue type = RecipeValue.Of(property.PropertyType);
        try
        {
            property.SetValue(copy, type.Parse(value));
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw new ArgumentException($"{property.Name} cannot be '{value}'. It may be: {type.Allowed}.", e);
        }
    }

    private static PropertyInfo Property(string name) =>
        Array.Find(Properties, property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException($"A recipe has no setting '{name}'. {ListOfNames}");
}

// A setting of a search: not one value but the values it may take. The kinds are those that ML.NET's own search spaces have
// (uniform, logarithmic, a choice), with types, so that a space is checked by the compiler.
using System.Collections;
using System.Globalization;

namespace Microsoft.ML.Ternary.Experiments;

/// <summary>The values that one setting may take in a search. A value where an option is asked for means that value alone.</summary>
/// <typeparam name="T">The setting's type.</typeparam>
public sealed class RecipeOption<T>
{
    private readonly Func<double, T> _at;
    private readonly Func<T, bool> _contains;
    private readonly string _text;

    internal RecipeOption(Func<double, T> at, Func<T, bool> contains, string text, IReadOnlyList<T> checkedValues) =>
        (_at, _contains, _text, CheckedValues) = (at, contains, text, checkedValues);

    /// <summary>Values that, if all are in order, show that every value is: the ends of a range, or the values of a choice.</summary>
    internal IReadOnlyList<T> CheckedValues { get; }

    /// <summary>That value alone.</summary>
    public static implicit operator RecipeOption<T>(T value) => RecipeOption.Choice(value);

    /// <summary>The value at a position from 0 to below 1: equal stretches of it are equally likely.</summary>
    internal T At(double position) => _at(position);

    internal bool Contains(T value) => _contains(value);

    /// <summary>The values in words.</summary>
    public override string ToString() => _text;
}

/// <summary>Makes the options of a search space.</summary>
public static class RecipeOption
{
    /// <summary>A real number, anywhere from <paramref name="min"/> to <paramref name="max"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An end is not finite, or the first is above the second.</exception>
    public static RecipeOption<double> Uniform(double min, double max)
    {
        CheckRange(min, max);
        return new(position => min + (max - min) * position, value => value >= min && value <= max, $"{Text(min)} to {Text(max)}", [min, max]);
    }

    /// <summary>A real number from <paramref name="min"/> to <paramref name="max"/> whose logarithm is anywhere: for settings of
    /// which a factor of two means the same everywhere, such as learning rates.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An end is not finite or not above 0, or the first is above the second.</exception>
    public static RecipeOption<double> LogUniform(double min, double max)
    {
        CheckRange(min, max);
        if (min <= 0)
            throw new ArgumentOutOfRangeException(nameof(min), min, "A logarithmic range must begin above 0.");
        return new(position => min * Math.Pow(max / min, position), value => value >= min && value <= max,
            $"{Text(min)} to {Text(max)}, logarithmic", [min, max]);
    }

    /// <summary>One of some values. A value named twice is drawn twice as often.</summary>
    /// <exception cref="ArgumentException">There are none, or one is null.</exception>
    public static RecipeOption<T> Choice<T>(params IReadOnlyList<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            throw new ArgumentException("A choice needs at least one value.", nameof(values));
        if (values.Any(value => value is null))
            throw new ArgumentException("A value of the choice is null.", nameof(values));
        T[] all = [.. values];
        string[] texts = [.. all.Select(value => Text(value))];
        return new(position => all[(int)(position * all.Length)], value => texts.Contains(Text(value)), string.Join(" | ", texts), all);
    }

    /// <summary>A value as options, tables and the files of an experiment have it.</summary>
    internal static string Text(object? value) => value switch
    {
        double number => number.ToString("g4", CultureInfo.InvariantCulture),
        bool yes => yes ? "yes" : "no",
        Enum name => name.ToString().ToLowerInvariant(),
        string text => text,
        IEnumerable list => string.Join(',', list.Cast<object>()) is { Length: > 0 } items ? items : "none",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };

    private static void CheckRange(double min, double max)
    {
        if (!double.IsFinite(min) || !double.IsFinite(max))
            throw new ArgumentOutOfRangeException(double.IsFinite(min) ? nameof(max) : nameof(min), double.IsFinite(min) ? max : min, "The ends of a range must be finite.");
        if (min > max)
            throw new ArgumentOutOfRangeException(nameof(min), min, $"The range begins above its end, {Text(max)}.");
    }
}

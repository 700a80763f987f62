// How the values of each type of setting are written. Lists have strokes between their items, which leaves commas to command lines.
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>The text form of a type of setting.</summary>
/// <param name="Parse">Reads a value; a <see cref="FormatException"/> or an <see cref="ArgumentException"/> where it is none.</param>
/// <param name="Text">Writes one that <paramref name="Parse"/> reads back.</param>
/// <param name="Allowed">What may be written, in words.</param>
internal sealed record RecipeValue(Func<string, object?> Parse, Func<object?, string> Text, string Allowed)
{
    private const string Automatic = "auto", FileLimit = "auto:", TwoIn = "in:";
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    private static readonly Dictionary<Type, RecipeValue> Known = new()
    {
        [typeof(string)] = new(text => text, value => (string)value!, "any text"),
        [typeof(bool)] = new(ParseBoolean, value => (bool)value! ? "true" : "false", "true or false"),
        [typeof(int)] = new(text => int.Parse(text, Culture), value => ((int)value!).ToString(Culture), "a whole number"),
        [typeof(float)] = new(text => float.Parse(text, Culture), value => ((float)value!).ToString(Culture), "a number"),
        [typeof(double)] = new(text => double.Parse(text, Culture), value => ((double)value!).ToString(Culture), "a number"),
        [typeof(double?)] = new(
            text => Same(text, Automatic) ? null : double.Parse(text, Culture), value => ((double?)value)?.ToString(Culture) ?? Automatic, "a number, or auto"),
        [typeof(LayerWeights)] = new(LayerWeights.Parse, value => ((LayerWeights)value!).Name, "last, all, or one weight a layer such as 0/1/2"),
        [typeof(ComponentCounts)] = new(ComponentCounts.Parse, value => value!.ToString()!, "numbers of components such as 64/128/256"),
        [typeof(TernaryDigits)] = new(
            ParseDigits, value => DigitsText((TernaryDigits)value!),
            "1, ff2 (two in the feed-forward layers), 2, auto:BYTES (two where a file of that size has room) or in:PATTERN/PATTERN (two in these layers)"),
        [typeof(TernaryScaling)] = new(
            ParseScaling, value => ScalingText((TernaryScaling)value!),
            "row, row:THRESHOLD, row:THRESHOLD:STEP, matrix, matrix:THRESHOLD or matrix:THRESHOLD:STEP"),
    };

    /// <summary>The form of a type.</summary>
    /// <exception cref="NotSupportedException">There is none yet.</exception>
    public static RecipeValue Of(Type type)
    {
        if (Known.TryGetValue(type, out RecipeValue? known))
            return known;
        if (!type.IsEnum)
            throw new NotSupportedException($"{type} has no text form.");
        string[] names = Enum.GetNames(type);
        return new(
            text => Enum.Parse(type, Array.Find(names, name => Same(name, text)) ?? throw new FormatException()),
            value => value!.ToString()!, string.Join(", ", names));
    }

    private static object ParseBoolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => throw new FormatException(),
    };

    private static TernaryDigits ParseDigits(string text) =>
        Same(text, TernaryDigits.One.Name) ? TernaryDigits.One
        : Same(text, TernaryDigits.FeedForwardTwo.Name) ? TernaryDigits.FeedForwardTwo
        : Same(text, TernaryDigits.Two.Name) ? TernaryDigits.Two
        : text.StartsWith(FileLimit, StringComparison.OrdinalIgnoreCase) ? TernaryDigits.Automatic(long.Parse(text[FileLimit.Length..], Culture))
        : text.StartsWith(TwoIn, StringComparison.OrdinalIgnoreCase) ? TernaryDigits.TwoIn(text[TwoIn.Length..].Split('/'))
        : throw new FormatException();

    private static string DigitsText(TernaryDigits digits) =>
        digits.LargestFileBytes is long limit ? FileLimit + limit.ToString(Culture)
        : digits.Patterns is { } patterns ? TwoIn + string.Join('/', patterns)
        : digits.Name;

    private static TernaryScaling ParseScaling(string text)
    {
        string[] parts = text.Split(':');
        float[] factors = [.. parts.Skip(1).Select(part => float.Parse(part, Culture))];
        return (parts[0].ToLowerInvariant(), factors) switch
        {
            ("row", []) => TernaryScaling.PerRow(),
            ("row", [float threshold]) => TernaryScaling.PerRow(threshold),
            ("row", [float threshold, float step]) => TernaryScaling.PerRow(threshold, step),
            ("matrix", []) => TernaryScaling.PerMatrix(),
            ("matrix", [float threshold]) => TernaryScaling.PerMatrix(threshold),
            ("matrix", [float threshold, float step]) => TernaryScaling.PerMatrix(threshold, step),
            _ => throw new FormatException(),
        };
    }

    private static string ScalingText(TernaryScaling scaling) =>
        string.Create(Culture, $"{(scaling.IsPerRow ? "row" : "matrix")}:{scaling.Threshold}:{scaling.Step}");

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}

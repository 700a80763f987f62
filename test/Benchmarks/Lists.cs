// Options that take several values separated by commas.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Benchmarks;

/// <summary>Options such as <c>--threads 1,2</c>.</summary>
internal static class Lists
{
    /// <summary>An option that takes a list; what <paramref name="parse"/> refuses with a FormatException is a usage error.</summary>
    public static Option<IReadOnlyList<T>> Option<T>(string name, string description, IReadOnlyList<T> defaults, Func<string, T> parse) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => defaults,
        CustomParser = result => Parse(result, parse),
    };

    /// <summary>Reads a number of threads, rows or the like.</summary>
    /// <exception cref="FormatException">It is not a number from 1 to 65,536.</exception>
    public static int Positive(string text, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 65_536
            ? number
            : throw new FormatException($"'{text}' is not a number of {what}.");

    private static List<T> Parse<T>(ArgumentResult result, Func<string, T> parse)
    {
        List<T> values = [];
        foreach (string part in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            try
            {
                values.Add(parse(part));
            }
            catch (FormatException e)
            {
                result.AddError(e.Message);
            }
        }
        return [.. values.Distinct()];
    }
}

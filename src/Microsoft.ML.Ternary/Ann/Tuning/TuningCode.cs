// The C# that builds and searches what the tuner chose. It is made from the options themselves, so that no parameter is forgotten
// when a kind of index gains one.
using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Ternary.Ann;

internal static class TuningCode
{
    /// <summary>The line that builds the index, and the one that searches it where searches need options.</summary>
    public static IEnumerable<string> Lines(AnnTuningTrial trial, int dimension, int k)
    {
        string type = TunedKinds.Of(trial.IndexOptions).IndexType.Name;
        yield return string.Create(CultureInfo.InvariantCulture, $"{type} index = {type}.Build(vectors, {dimension}, {New(trial.IndexOptions)});");
        SearchOptions needed = Needed(trial);
        if (needed != new SearchOptions())
            yield return string.Create(CultureInfo.InvariantCulture, $"index.Search(query, {k}, ids, distances, {New(needed)});");
    }

    // What the index holds as its default need not be said again at each search.
    private static SearchOptions Needed(AnnTuningTrial trial)
    {
        TunedKind kind = TunedKinds.Of(trial.IndexOptions);
        SearchOptions needed = new();
        foreach (PropertyInfo property in Properties(typeof(SearchOptions)))
        {
            SearchOptions only = new();
            object? value = property.GetValue(trial.SearchOptions);
            property.SetValue(only, value);
            // A value that the options take in as their own is one that changes them where they had another.
            if (!Equals(value, property.GetValue(needed)) && !Holds(kind, trial.IndexOptions, only))
                property.SetValue(needed, value);
        }
        return needed;
    }

    private static bool Holds(TunedKind kind, VectorIndexOptions options, SearchOptions search) =>
        !ReferenceEquals(kind.WithDefaults(options, search), options);

    private static string New(object options)
    {
        object defaults = Activator.CreateInstance(options.GetType())!;
        IEnumerable<string> set = Properties(options.GetType())
            .Where(property => !Equals(property.GetValue(options), property.GetValue(defaults)))
            .Select(property => $"{property.Name} = {Literal(property.GetValue(options)!)}");
        string inside = string.Join(", ", set);
        return inside.Length == 0 ? $"new {options.GetType().Name}()" : $"new {options.GetType().Name} {{ {inside} }}";
    }

    // Those of the base record first, as readers look for metric and codec first.
    private static IEnumerable<PropertyInfo> Properties(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanWrite)
        .OrderBy(property => property.DeclaringType == type ? 1 : 0);

    private static string Literal(object value) => value switch
    {
        Enum => $"{value.GetType().Name}.{value}",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}

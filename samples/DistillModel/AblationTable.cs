// The rows of a comparison of recipes: in a file that is whole after every run, so that a comparison may be stopped and gone on with, and as a
// table for people.
using System.Globalization;
using System.Text.Json;
using Samples.Common;

namespace Samples.DistillModel;

/// <summary>What all runs of a comparison share, by what it was asked.</summary>
internal sealed record AblationQuestion(
    string Teacher, IReadOnlyList<string> Corpus, string HeldOut, string Budget, int Threads, int MaxLength, string? Sts);

/// <summary>One run.</summary>
internal sealed record AblationRow(string Recipe, string Settings, int Seed)
{
    public int Steps { get; init; }

    public long Tokens { get; init; }

    public double Seconds { get; init; }

    public double TokensPerSecond { get; init; }

    public double CosineMean { get; init; }

    public double CosineP5 { get; init; }

    public double? CosineSpearman { get; init; }

    public double Loss { get; init; }

    /// <summary>Why there are no figures; null where there are.</summary>
    public string? Failure { get; init; }
}

/// <summary>A recipe's figures over its seeds; spreads are standard deviations, null of one seed.</summary>
internal sealed record AblationSummary(
    string Recipe, int Seeds, double Steps, double TokensPerSecond, double CosineMean, double? CosineSpread, double CosineP5, double? CosineSpearman, double? SpearmanSpread);

internal sealed class AblationTable
{
    private readonly string _path;
    private readonly AblationQuestion _question;
    private readonly List<AblationRow> _rows = [];

    /// <summary>Begins, or goes on with, the table in a file.</summary>
    /// <exception cref="InvalidDataException">The file answers another question, or is none of ours.</exception>
    public AblationTable(string path, AblationQuestion question)
    {
        (_path, _question) = (path, question);
        if (!File.Exists(path))
            return;
        Content? content;
        try
        {
            content = JsonSerializer.Deserialize<Content>(File.ReadAllText(path), ModelFigures.JsonOptions);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is no table of ablation; choose another file.", e);
        }
        if (content?.Question is null || content.Rows is null || Text(content.Question) != Text(question))
            throw new InvalidDataException($"{path} answers another question: {Text(content?.Question)} there, {Text(question)} now. Choose another file.");
        _rows.AddRange(content.Rows);
    }

    /// <summary>The rows, in the order in which they were run.</summary>
    public IReadOnlyList<AblationRow> Rows => _rows;

    /// <summary>Whether a run has its figures already.</summary>
    /// <exception cref="InvalidDataException">A recipe of this name was another one.</exception>
    public bool Has(AblationRecipe recipe, int seed)
    {
        if (_rows.Find(row => row.Recipe == recipe.Name && row.Settings != recipe.Settings) is AblationRow other)
            throw new InvalidDataException($"{_path}: the recipe {recipe.Name} has the settings '{other.Settings}' there and '{recipe.Settings}' now; give one of them another name.");
        return _rows.Exists(row => row.Recipe == recipe.Name && row.Seed == seed && row.Failure is null);
    }

    /// <summary>Adds a row and writes the file.</summary>
    public void Add(AblationRow row)
    {
        _rows.RemoveAll(old => old.Recipe == row.Recipe && old.Seed == row.Seed);
        _rows.Add(row);
        WholeFile.WriteLines(_path, [JsonSerializer.Serialize(new Content(_question, _rows, Summarize()), ModelFigures.JsonOptions)]);
    }

    /// <summary>Each recipe's means over its seeds, in the order of their first rows.</summary>
    public IReadOnlyList<AblationSummary> Summarize() =>
    [
        .. _rows.Where(row => row.Failure is null).GroupBy(row => row.Recipe).Select(group => new AblationSummary(
            group.Key, group.Count(), group.Average(row => row.Steps), group.Average(row => row.TokensPerSecond),
            group.Average(row => row.CosineMean), Spread([.. group.Select(row => row.CosineMean)]), group.Average(row => row.CosineP5),
            group.Average(row => row.CosineSpearman), Spread([.. group.Select(row => row.CosineSpearman).OfType<double>()]))),
    ];

    /// <summary>Prints rows and means.</summary>
    public void Print(TextWriter output)
    {
        int width = Math.Max("recipe".Length, _rows.Select(row => row.Recipe.Length).DefaultIfEmpty().Max());
        output.WriteLine($"{"recipe".PadRight(width)} {"seed",5} {"steps",8} {"tokens",12} {"tokens/s",9} {"cosine",8} {"p5",8} {"STS",8}");
        foreach (AblationRow row in _rows)
            output.WriteLine(row.Failure is null
                ? string.Create(CultureInfo.InvariantCulture, $"{row.Recipe.PadRight(width)} {row.Seed,5} {row.Steps,8} {row.Tokens,12:N0} {row.TokensPerSecond,9:N0} {row.CosineMean,8:0.0000} {row.CosineP5,8:0.0000} {row.CosineSpearman,8:0.0000}")
                : $"{row.Recipe.PadRight(width)} {row.Seed,5} failed: {row.Failure}");
        output.WriteLine();
        output.WriteLine($"{"recipe".PadRight(width)} {"seeds",5} {"steps",8} {"tokens/s",9} {"cosine",8} {"+-",7} {"p5",8} {"STS",8} {"+-",7}");
        foreach (AblationSummary mean in Summarize())
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mean.Recipe.PadRight(width)} {mean.Seeds,5} {mean.Steps,8:0} {mean.TokensPerSecond,9:N0} {mean.CosineMean,8:0.0000} {mean.CosineSpread,7:0.0000} {mean.CosineP5,8:0.0000} {mean.CosineSpearman,8:0.0000} {mean.SpearmanSpread,7:0.0000}"));
    }

    private static double? Spread(double[] values)
    {
        if (values.Length < 2)
            return null;
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }

    private static string Text(AblationQuestion? question) => JsonSerializer.Serialize(question);

    private sealed record Content(AblationQuestion Question, IReadOnlyList<AblationRow> Rows, IReadOnlyList<AblationSummary> Summary);
}

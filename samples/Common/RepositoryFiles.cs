// The samples are started from anywhere, so they find the data and models that the repository ships by walking up from
// where the program lies.
namespace Samples.Common;

/// <summary>Paths of the files that the repository ships.</summary>
public static class RepositoryFiles
{
    /// <summary>The repository's root: the nearest folder at or above the program that holds Ternary.ML.sln.</summary>
    /// <exception cref="DirectoryNotFoundException">The program runs outside the repository.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>WordNet 3.0 as a table.</summary>
    public static string WordNet => Path.Combine(Root, "samples", "data", "wordnet.tsv.gz");

    /// <summary>The Bible's verses in two translations.</summary>
    public static string Verses => Path.Combine(Root, "samples", "data", "verses.tsv.gz");

    /// <summary>The ids of the synsets that no model is trained on.</summary>
    public static string HeldOutSynsets => Path.Combine(Root, "samples", "data", "held-out-synsets.txt");

    /// <summary>The full-precision teacher.</summary>
    public static string Teacher => Path.Combine(Root, "samples", "models", "all-MiniLM-L6-v2");

    /// <summary>The teacher's distilled ternary copy.</summary>
    public static string TernaryModel => Path.Combine(Root, "samples", "models", "all-MiniLM-L6-v2.ternary");

    /// <summary>The teacher's distilled ternary copy with one digit a weight: smaller and faster.</summary>
    public static string OneDigitModel => Path.Combine(Root, "samples", "models", "all-MiniLM-L6-v2.1digit.ternary");

    /// <summary>The names by which command lines know the models that the repository ships.</summary>
    public static IReadOnlyDictionary<string, string> Models => new Dictionary<string, string>
    {
        ["default-teacher"] = Teacher,
        ["default-ternary"] = TernaryModel,
        ["default-ternary-1"] = OneDigitModel,
    };

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ternary.ML.sln")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException(
            $"No folder above {AppContext.BaseDirectory} holds Ternary.ML.sln: run the sample from a clone of the repository, or name the files on the command line.");
    }
}

// Where the tests find what lies in the repository, wherever it was cloned to.
namespace Microsoft.ML.Ternary.Tests;

/// <summary>Folders of the repository, found from where the tests run.</summary>
internal static class TestPaths
{
    /// <summary>The folder that holds Ternary.ML.sln.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>What transformers and sentence-transformers computed: minilm/golden.json, minilm/ptq.json, tiny/*.</summary>
    public static string Golden { get; } = Path.Combine(Repository, "test", "Microsoft.ML.Ternary.Tests", "Golden");

    /// <summary>The shipped teacher, a sentence-transformers folder in float16.</summary>
    public static string MiniLm { get; } = Path.Combine(Repository, "samples", "models", "all-MiniLM-L6-v2");

    /// <summary>A tiny model with random weights, such as "bert-f16" or "st-mean".</summary>
    public static string Tiny(string name) => Path.Combine(Golden, "tiny", name);

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Ternary.ML.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Ternary.ML.sln; run the tests from a clone of the repository.");
    }
}

// The reference outputs in Golden/, read as JSON.
using System.Text.Json;

namespace Microsoft.ML.Ternary.Tests;

/// <summary>One text with what the reference makes of it.</summary>
internal sealed record GoldenText(string Text, int[] Ids, float[] Embedding);

/// <summary>Reads the reference outputs.</summary>
internal static class Golden
{
    /// <summary>The 40 texts on all-MiniLM-L6-v2.</summary>
    public static IReadOnlyList<GoldenText> MiniLmTexts() => Texts(Path.Combine(TestPaths.Golden, "minilm", "golden.json"), "rows");

    /// <summary>The texts of a tiny sentence-transformers folder.</summary>
    public static IReadOnlyList<GoldenText> TinyTexts(string name) => Texts(Path.Combine(TestPaths.Tiny(name), "expected.json"), "texts");

    private static GoldenText[] Texts(string path, string list)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty(list).EnumerateArray().Select(row => new GoldenText(
            row.GetProperty("text").GetString()!,
            row.GetProperty("ids").Deserialize<int[]>()!,
            row.GetProperty("embedding").Deserialize<float[]>()!))];
    }
}

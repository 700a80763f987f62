// Results for programs: a list of rows, in snake case, never seen half-written.
using System.Text.Json;
using Samples.Common;

namespace Benchmarks.Reports;

/// <summary>Writes rows as a JSON list.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The rows as text.</summary>
    public static string Serialize<T>(IReadOnlyList<T> rows) => JsonSerializer.Serialize(rows, Options);

    /// <summary>Reads rows that were written.</summary>
    /// <exception cref="InvalidDataException">The file holds no such rows.</exception>
    public static List<T> Read<T>(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return JsonSerializer.Deserialize<List<T>>(file, Options) ?? throw new InvalidDataException($"{path} holds no rows.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} holds no rows of this program: {e.Message}", e);
        }
    }

    /// <summary>Writes the rows to a file.</summary>
    public static void Write<T>(string path, IReadOnlyList<T> rows) => WholeFile.WriteLines(path, [Serialize(rows)]);
}

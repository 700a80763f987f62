// BEIR's and MTEB's files of objects, one a line.
using System.Text.Json;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A JSON object in a line of a file, which knows where it stands.</summary>
internal sealed record JsonLine(string Path, int Line, JsonElement Root)
{
    /// <summary>The exception that names this line.</summary>
    public InvalidDataException Wrong(string problem) => TextFile.Wrong(Path, Line, problem);

    /// <summary>A string that must be there.</summary>
    public string Text(string field) => OptionalText(field) ?? throw Wrong($"the field '{field}' is missing; a string was expected.");

    /// <summary>A string, or null where the field is absent or null.</summary>
    public string? OptionalText(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Wrong($"the field '{field}' is {value.ValueKind}; a string was expected."),
    };

    /// <summary>A list of strings that must be there; one string stands for a list of one.</summary>
    public string[] Texts(string field) => Find(field) switch
    {
        { ValueKind: JsonValueKind.String } value => [value.GetString()!],
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Select((item, i) =>
            item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong($"item {i} of the field '{field}' is {item.ValueKind}; a string was expected."))],
        null => throw Wrong($"the field '{field}' is missing; a list of strings was expected."),
        { } value => throw Wrong($"the field '{field}' is {value.ValueKind}; a list of strings was expected."),
    };

    /// <summary>A list of numbers that must be there.</summary>
    public double[] Numbers(string field) => Find(field) switch
    {
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Select((item, i) =>
            item.ValueKind == JsonValueKind.Number ? item.GetDouble() : throw Wrong($"item {i} of the field '{field}' is {item.ValueKind}; a number was expected."))],
        null => throw Wrong($"the field '{field}' is missing; a list of numbers was expected."),
        { } value => throw Wrong($"the field '{field}' is {value.ValueKind}; a list of numbers was expected."),
    };

    private JsonElement? Find(string field) =>
        Root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}

/// <summary>Reads files of JSON objects, one a line.</summary>
internal static class JsonLinesFile
{
    /// <summary>The objects, in order.</summary>
    /// <exception cref="InvalidDataException">A line is not a JSON object.</exception>
    public static IEnumerable<JsonLine> Read(string path)
    {
        foreach ((int number, string line) in TextFile.ReadLines(path))
        {
            JsonLine parsed = new(path, number, Parse(path, number, line));
            yield return parsed.Root.ValueKind == JsonValueKind.Object ? parsed : throw parsed.Wrong($"{parsed.Root.ValueKind}; a JSON object was expected.");
        }
    }

    private static JsonElement Parse(string path, int number, string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw TextFile.Wrong(path, number, $"not a JSON object: {e.Message}", e);
        }
    }
}

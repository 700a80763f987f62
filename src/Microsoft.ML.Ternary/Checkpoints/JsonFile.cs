// The small JSON files of a checkpoint folder, read so that whatever is wrong with a field is reported with the file's and
// the field's name.
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A JSON object in a file.</summary>
internal sealed class JsonFile
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _prefix;

    private JsonFile(string path, string prefix, JsonElement root)
    {
        Path = path;
        _prefix = prefix;
        Root = root;
    }

    public string Path { get; }

    public JsonElement Root { get; }

    /// <summary>Reads a file that must be there.</summary>
    public static JsonFile Read(string path) =>
        ReadIfThere(path) ?? throw new CheckpointException(path, null, "there is no such file.");

    /// <summary>Reads a file, or returns null where there is none.</summary>
    public static JsonFile? ReadIfThere(string path) =>
        Files.ReadIfThere(path) is byte[] bytes ? Parse(path, null, Files.WithoutByteOrderMark(bytes)) : null;

    /// <summary>Parses JSON that is the text of <paramref name="field"/> in a file; the fields in it are reported as parts of that one.</summary>
    public static JsonFile Parse(string path, string? field, ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Lenient);
            return new JsonFile(path, field is null ? "" : field + ".", document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, field, $"is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>The exception that names this file and a field of it.</summary>
    public CheckpointException Wrong(string? field, string problem) =>
        new(Path, field is null ? _prefix.TrimEnd('.') is { Length: > 0 } whole ? whole : null : _prefix + field, problem);

    /// <summary>A field, or null where it is absent or null.</summary>
    public JsonElement? Find(string field)
    {
        if (Root.ValueKind != JsonValueKind.Object)
            throw Wrong(null, "is not a JSON object.");
        return Root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>A whole number of at least <paramref name="minimum"/>, or <paramref name="absent"/> where the field is absent.</summary>
    /// <exception cref="CheckpointException">The field is something else, or absent and there is nothing to take instead.</exception>
    public int Int32(string field, int? absent = null, int minimum = 1)
    {
        if (Find(field) is not JsonElement value)
            return absent ?? throw Wrong(field, "is missing.");
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out int number) || number < minimum)
            throw Wrong(field, $"is {value.GetRawText()}; a whole number of at least {minimum} was expected.");
        return number;
    }

    /// <summary>An object in this one, whose fields are reported as parts of that field.</summary>
    /// <exception cref="CheckpointException">The field is absent or something else.</exception>
    public JsonFile Object(string field) => Find(field) switch
    {
        null => throw Wrong(field, "is missing."),
        { ValueKind: JsonValueKind.Object } value => new JsonFile(Path, _prefix + field + ".", value),
        { } value => throw Wrong(field, $"is {value.GetRawText()}; an object was expected."),
    };

    public double? Number(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),
        { } value => throw Wrong(field, $"is {value.GetRawText()}; a number was expected."),
    };

    public bool? Boolean(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Wrong(field, $"is {value.GetRawText()}; true or false was expected."),
    };

    public string? String(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw Wrong(field, $"is {value.GetRawText()}; a string was expected."),
    };
}

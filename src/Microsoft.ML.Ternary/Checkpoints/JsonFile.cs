// The small JSON files of a checkpoint folder, read so that whatever is wrong with a field is reported with the file's and
// the field's name.
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A JSON object in a file.</summary>
internal sealed class JsonFile
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private JsonFile(string path, JsonElement root)
    {
        Path = path;
        Root = root;
    }

    public string Path { get; }

    public JsonElement Root { get; }

    /// <summary>Reads a file that must be there.</summary>
    public static JsonFile Read(string path) =>
        ReadIfThere(path) ?? throw new CheckpointException(path, null, "there is no such file.");

    /// <summary>Reads a file, or returns null where there is none.</summary>
    public static JsonFile? ReadIfThere(string path)
    {
        byte[]? bytes = Files.ReadIfThere(path);
        if (bytes is null)
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(Files.WithoutByteOrderMark(bytes), Lenient);
            return new JsonFile(path, document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, null, $"is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>A field, or null where it is absent or null.</summary>
    public JsonElement? Find(string field)
    {
        if (Root.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(Path, null, "is not a JSON object.");
        return Root.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>A whole number of at least <paramref name="minimum"/>, or <paramref name="absent"/> where the field is absent.</summary>
    /// <exception cref="CheckpointException">The field is something else, or absent and there is nothing to take instead.</exception>
    public int Int32(string field, int? absent = null, int minimum = 1)
    {
        if (Find(field) is not JsonElement value)
            return absent ?? throw new CheckpointException(Path, field, "is missing.");
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out int number) || number < minimum)
            throw new CheckpointException(Path, field, $"is {value.GetRawText()}; a whole number of at least {minimum} was expected.");
        return number;
    }

    public double? Number(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),
        { } value => throw new CheckpointException(Path, field, $"is {value.GetRawText()}; a number was expected."),
    };

    public bool? Boolean(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw new CheckpointException(Path, field, $"is {value.GetRawText()}; true or false was expected."),
    };

    public string? String(string field) => Find(field) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw new CheckpointException(Path, field, $"is {value.GetRawText()}; a string was expected."),
    };
}

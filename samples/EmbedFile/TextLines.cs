// The input, a block of texts at a time: plain lines, or JSON lines with a "text".
using System.Text;
using System.Text.Json;

namespace Samples.EmbedFile;

internal sealed class TextLines : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly StreamReader _reader;
    private readonly bool _json;
    private long _line;

    private TextLines(string path, FileStream stream)
    {
        _path = path;
        _stream = stream;
        // Strict: a wrong byte is an error, not a replacement character that is then embedded.
        _reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        _json = Path.GetExtension(path).Equals(".jsonl", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>How much of the file has been read, 0 to 1.</summary>
    public double ShareRead => _stream.Length == 0 ? 1 : (double)_stream.Position / _stream.Length;

    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    public static TextLines Open(string path) => File.Exists(path)
        ? new TextLines(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16))
        : throw new FileNotFoundException($"--input: there is no file {path}.");

    /// <summary>The next texts, at most <paramref name="count"/>; none at the end.</summary>
    /// <exception cref="InvalidDataException">A line is not what it should be.</exception>
    public List<string?> Read(int count)
    {
        List<string?> texts = new(count);
        while (texts.Count < count && NextLine() is string line)
            texts.Add(_json ? TextOf(line) : line);
        return texts;
    }

    public void Dispose() => _reader.Dispose();

    private string? NextLine()
    {
        _line++;
        try
        {
            return _reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{_path}, about line {_line}: not UTF-8. Convert the file first.", e);
        }
    }

    private string? TextOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("text", out JsonElement text))
                throw new InvalidDataException($"{_path}, line {_line}: not a JSON object with a \"text\".");
            return text.ValueKind switch
            {
                JsonValueKind.String => text.GetString(),
                JsonValueKind.Null => null,
                _ => throw new InvalidDataException($"{_path}, line {_line}: \"text\" is a {text.ValueKind}; it must be a string or null."),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{_path}, line {_line}: not valid JSON ({e.Message})", e);
        }
    }
}

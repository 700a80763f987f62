// The output: written to a temporary file beside its final place and renamed when it is complete, so that a failure, a full
// disk or Ctrl+C leaves what was there before.
using Microsoft.ML.Ternary.Encoders;

namespace Samples.EmbedFile;

internal enum EmbeddingFormat
{
    JsonLines,
    Npy,
}

internal abstract class EmbeddingWriter : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private bool _committed;

    protected EmbeddingWriter(string path)
    {
        _path = Path.GetFullPath(path);
        _temporary = $"{_path}.{Environment.ProcessId}.tmp";
        Stream = new FileStream(_temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    protected FileStream Stream { get; }

    /// <exception cref="ArgumentException">The extension is neither .jsonl nor .npy.</exception>
    public static EmbeddingFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".jsonl" => EmbeddingFormat.JsonLines,
        ".npy" => EmbeddingFormat.Npy,
        string other => throw new ArgumentException($"--output: the extension \"{other}\" of {path} says no format; use .jsonl or .npy."),
    };

    /// <exception cref="IOException">The folder does not exist or cannot be written to.</exception>
    public static EmbeddingWriter Create(string path, EmbeddingFormat format, int dimension)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is string folder && !Directory.Exists(folder))
            throw new DirectoryNotFoundException($"--output: there is no folder {folder}.");
        return format == EmbeddingFormat.Npy ? new NpyWriter(path, dimension) : new JsonLinesWriter(path, dimension);
    }

    /// <summary>Appends one row a sequence.</summary>
    public abstract void Write(TokenBatch tokens, ReadOnlySpan<float> embeddings, CancellationToken cancellation);

    /// <summary>Completes the file and gives it its name.</summary>
    public void Commit()
    {
        Complete();
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _committed = true;
    }

    public void Dispose()
    {
        if (_committed)
            return;
        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // Flushing what is about to be deleted may fail on a full disk; the failure that led here is the one to report.
        }
        File.Delete(_temporary);
    }

    /// <summary>Writes what is known only at the end.</summary>
    protected virtual void Complete()
    {
    }
}

// A file is either written whole or not at all: it is written under another name in the same folder, flushed to the disk,
// and renamed, so that a full disk, a crash or a cancelled run never costs anyone the file that was there before.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Replaces files in one step.</summary>
internal static class AtomicFile
{
    private const int BufferSize = 1 << 16;

    /// <summary>Creates or replaces a file with what <paramref name="write"/> writes.</summary>
    /// <exception cref="CheckpointException">The file could not be written; an old file of that name is as it was.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
            throw new CheckpointException(path, null, "is a folder; name a file in it.");
        string folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
            throw new CheckpointException(path, null, $"cannot be written: there is no folder {folder}; create it first.");
        string temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception e)
        {
            TryDelete(temporary);
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException(path, null, $"could not be written ({e.Message.TrimEnd('.')}); a file that was there before is unchanged.", e);
            throw;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The exception that brought us here says more than this one would.
        }
    }
}

// A file that is either the old one or the whole new one, whatever fails while it is written.
namespace Microsoft.ML.Ternary.Ann;

internal static class AtomicFile
{
    /// <summary>Writes a temporary file in the folder of <paramref name="path"/> and renames it once it is complete and on disk.</summary>
    /// <exception cref="IOException">The file cannot be written; an older one is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception failure)
        {
            DeleteIfThere(temporary);
            if (failure is IOException or UnauthorizedAccessException)
                throw new IOException($"{target} could not be written ({failure.Message}); a file that was there is unchanged. Check the folder and the free space.", failure);
            throw;
        }
    }

    // What went wrong first is what the caller hears of.
    private static void DeleteIfThere(string path)
    {
        try
        {
            if (File.Exists(path))
                File.Delete(path);
        }
        catch (IOException)
        {
        }
    }
}

// A file is either written whole or not at all: it is written under another name in the same folder, flushed to the disk, and
// renamed, so that a full disk, a crash or a cancelled run never costs anyone the file that was there before.
namespace Microsoft.ML.Ternary;

/// <summary>Replaces files in one step.</summary>
internal static class AtomicFile
{
    private const int BufferSize = 1 << 16;

    /// <summary>Creates or replaces a file with what <paramref name="write"/> writes.</summary>
    /// <exception cref="IOException">The file cannot be written, for the reason that is the inner exception; an older one is
    /// untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception failure)
        {
            TryDelete(temporary);
            if (failure is IOException or UnauthorizedAccessException)
                throw new IOException($"{target} could not be written ({failure.Message.TrimEnd('.')}); a file that was there is unchanged. Check the folder and the free space{WhatWindowsRefuses(target)}.", failure);
            throw;
        }
    }

    private static string WhatWindowsRefuses(string target) => OperatingSystem.IsWindows() && File.Exists(target)
        ? ", and dispose the index or model that is open from the file, which Windows does not replace meanwhile"
        : "";

    // What went wrong first is what the caller hears of.
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}

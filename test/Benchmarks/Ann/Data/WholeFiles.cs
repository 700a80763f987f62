// Caches are read by other processes and by later runs: what lies there is whole.
namespace Benchmarks.Ann.Data;

/// <summary>Writes binary files that are never seen half-written.</summary>
internal static class WholeFiles
{
    /// <summary>Writes beside the place, then renames.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
                write(file);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

// Whoever saves a model or a run catches one exception: this says with it what AtomicFile says otherwise.
namespace Microsoft.ML.Ternary.Checkpoints;

internal static class CheckpointFile
{
    /// <summary>Creates or replaces a file, in one step, with what <paramref name="write"/> writes.</summary>
    /// <exception cref="CheckpointException">The file could not be written; an old file of that name is as it was.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        RequireFolder(path);
        try
        {
            AtomicFile.Write(Path.GetFullPath(path), write);
        }
        catch (IOException e)
        {
            throw new CheckpointException(path, null, $"could not be written ({(e.InnerException ?? e).Message.TrimEnd('.')}); a file that was there before is unchanged.", e);
        }
    }

    /// <summary>Tells before long work what would keep a file from being written after it.</summary>
    /// <exception cref="CheckpointException">The path is a folder, or its folder does not exist.</exception>
    public static void RequireFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
            throw new CheckpointException(path, null, "is a folder; name a file in it.");
        string folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
            throw new CheckpointException(path, null, $"cannot be written: there is no folder {folder}; create it first.");
    }
}

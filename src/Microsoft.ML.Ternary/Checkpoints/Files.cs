// Reading small files whole, with one kind of exception for whatever goes wrong.
namespace Microsoft.ML.Ternary.Checkpoints;

internal static class Files
{
    /// <summary>A file's bytes, or null where there is no such file.</summary>
    /// <exception cref="CheckpointException">The file is there but cannot be read.</exception>
    public static byte[]? ReadIfThere(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, $"cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The bytes after a UTF-8 byte order mark, which some editors put in front.</summary>
    public static ReadOnlyMemory<byte> WithoutByteOrderMark(byte[] bytes) =>
        bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
}

// The checksum of a model file covers all of it: the header, with zeros where the checksum itself stands, and the data.
using System.Text;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Checkpoints;

internal static class TernaryModelChecksum
{
    /// <summary>Sorts before all other metadata, so that nothing before it can look like it.</summary>
    public const string Key = "checksum";

    /// <summary>What stands in the header while the checksum is computed.</summary>
    public const string Unset = "crc32c:00000000";

    private const int Digits = 8;
    private const int PieceLength = 1 << 24;

    /// <summary>Computes the checksum of a header (with its length) and data, and writes it into the header.</summary>
    public static void Set(byte[] header, IEnumerable<ReadOnlyMemory<byte>> data)
    {
        int position = DigitsPosition(header.AsSpan(8));
        uint checksum = Compute(header.AsMemory(8), data);
        Encoding.ASCII.GetBytes(checksum.ToString("x8", System.Globalization.CultureInfo.InvariantCulture), header.AsSpan(8 + position));
    }

    /// <exception cref="CheckpointException">The file is not as it was written.</exception>
    public static void Verify(SafetensorsFile file)
    {
        byte[] header = file.HeaderJson.ToArray();
        int position = DigitsPosition(header);
        if (position < 0 || !file.Metadata.TryGetValue(Key, out string? expected))
            throw new CheckpointException(file.Name, Key, "is missing; the file is damaged.");
        header.AsSpan(position, Digits).Fill((byte)'0');
        uint actual = Compute(header, file.DataPieces(PieceLength));
        if (expected != $"{Unset[..^Digits]}{actual:x8}")
            throw new CheckpointException(file.Name, Key, $"is {expected}, but the file's content gives {actual:x8}; the file was altered or damaged after it was saved. Get it again.");
    }

    private static int DigitsPosition(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> before = "\"checksum\":\"crc32c:"u8;
        int start = header.IndexOf(before);
        return start < 0 || start + before.Length + Digits > header.Length ? -1 : start + before.Length;
    }

    private static uint Compute(ReadOnlyMemory<byte> header, IEnumerable<ReadOnlyMemory<byte>> data)
    {
        uint checksum = Crc32C.Append(0, header.Span);
        foreach (ReadOnlyMemory<byte> piece in data)
            checksum = Crc32C.Append(checksum, piece.Span);
        return checksum;
    }
}

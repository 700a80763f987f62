// CRC-32C (Castagnoli), the checksum that processors compute in hardware: it tells a damaged file from a whole one.
using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal static class Crc32C
{
    /// <summary>Goes on from the checksum of what came before; begins with 0.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~checksum;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte value in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}

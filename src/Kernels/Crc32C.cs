// CRC-32C (Castagnoli), the checksum of model and index files: processors compute it in one instruction, and it finds every error
// of up to 32 bits in a row and all but one in four thousand million others.
using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Computes CRC-32C.</summary>
internal static class Crc32C
{
    // The instruction takes one word a cycle but gives its result after three, so one chain of words uses a third of it. Three
    // stretches side by side use all; what becomes of a checksum when a stretch of zeros follows, a linear map, joins them.
    private const int StretchBytes = 2048;
    private const int StretchWords = StretchBytes / sizeof(ulong);

    // The map for each byte of the checksum and each value of it.
    private static readonly uint[] Shift = ShiftByStretch();

    /// <summary>Goes on from the checksum of what came before; begins with 0.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~checksum;
        for (; bytes.Length >= 3 * StretchBytes; bytes = bytes[(3 * StretchBytes)..])
            crc = AppendThree(crc, MemoryMarshal.Cast<byte, ulong>(bytes[..(3 * StretchBytes)]));
        return ~AppendOne(crc, bytes);
    }

    /// <summary>One step of <see cref="Append"/> in one chain, of a checksum that is not inverted.</summary>
    internal static uint AppendOne(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte value in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }

    private static uint AppendThree(uint crc, ReadOnlySpan<ulong> words)
    {
        ReadOnlySpan<ulong> first = words[..StretchWords];
        ReadOnlySpan<ulong> second = words.Slice(StretchWords, StretchWords);
        ReadOnlySpan<ulong> third = words.Slice(2 * StretchWords, StretchWords);
        uint crc2 = 0, crc3 = 0;
        for (int i = 0; i < StretchWords; i++)
        {
            crc = BitOperations.Crc32C(crc, first[i]);
            crc2 = BitOperations.Crc32C(crc2, second[i]);
            crc3 = BitOperations.Crc32C(crc3, third[i]);
        }
        return Shifted(Shifted(crc) ^ crc2) ^ crc3;
    }

    private static uint Shifted(uint crc) =>
        Shift[crc & 255] ^ Shift[256 + (crc >> 8 & 255)] ^ Shift[512 + (crc >> 16 & 255)] ^ Shift[768 + (crc >> 24)];

    private static uint[] ShiftByStretch()
    {
        Span<uint> ofBit = stackalloc uint[32];
        for (int bit = 0; bit < 32; bit++)
        {
            uint crc = 1u << bit;
            for (int i = 0; i < StretchWords; i++)
                crc = BitOperations.Crc32C(crc, 0UL);
            ofBit[bit] = crc;
        }
        uint[] shift = new uint[4 * 256];
        for (int i = 0; i < shift.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
                shift[i] ^= (uint)(i >> bit & 1) * ofBit[i / 256 * 8 + bit];
        }
        return shift;
    }
}

// One entry of the section table, 32 bytes, on both sides: the writer knows where it will lie, the reader where it must lie.
//
//   0   8 bytes  name, ASCII, padded with zeros
//   8   uint64   offset in the file: the first multiple of 64 after what comes before
//   16  uint64   length in bytes
//   24  uint32   CRC-32C of the section
//   28  uint32   zero
using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Where a section lies, and what its bytes must give.</summary>
internal sealed record VectorIndexFileSection(string Name, long Offset, long Length, uint Checksum)
{
    /// <summary>Bytes an entry takes.</summary>
    public const int EntryBytes = 32;

    /// <summary>Characters of a name, at most.</summary>
    public const int MaxNameLength = 8;

    /// <summary>Sections of a file, at most.</summary>
    public const int MaxCount = 64;

    /// <summary>The first byte after it.</summary>
    public long End => Offset + Length;

    /// <summary>Where a section may begin that comes after <paramref name="position"/>.</summary>
    public static long Align(long position) => (position + MemoryBlock.Alignment - 1) & ~(MemoryBlock.Alignment - 1L);

    public void Write(Span<byte> entry)
    {
        Encoding.ASCII.GetBytes(Name, entry[..MaxNameLength]);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], (ulong)Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], (ulong)Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], Checksum);
    }

    public static VectorIndexFileSection Read(ReadOnlySpan<byte> entry) => new(
        Encoding.ASCII.GetString(entry[..MaxNameLength]).TrimEnd('\0'),
        (long)BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
        (long)BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]));
}

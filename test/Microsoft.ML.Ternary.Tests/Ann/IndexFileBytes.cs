// Index files taken apart and put together again, so that a test can alter one section and make its checksum right.
using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Ann;

/// <summary>The bytes of an index file, and where its sections lie in them.</summary>
internal sealed class IndexFileBytes
{
    private const int Table = 128, Entry = 32;

    public IndexFileBytes(byte[] bytes)
    {
        Bytes = bytes;
        for (int i = 0; i < BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12)); i++)
        {
            Span<byte> entry = bytes.AsSpan(Table + i * Entry, Entry);
            Sections.Add(Encoding.ASCII.GetString(entry[..8]).TrimEnd('\0'), ((int)BinaryPrimitives.ReadInt64LittleEndian(entry[8..]), (int)BinaryPrimitives.ReadInt64LittleEndian(entry[16..])));
        }
    }

    public byte[] Bytes { get; }

    /// <summary>Offset and length of each section.</summary>
    public Dictionary<string, (int Offset, int Length)> Sections { get; } = [];

    /// <summary>A section's bytes, to alter.</summary>
    public Span<byte> Section(string name) => Bytes.AsSpan(Sections[name].Offset, Sections[name].Length);

    /// <summary>Computes all checksums anew.</summary>
    public void FixChecksums()
    {
        int at = Table;
        foreach ((int offset, int length) in Sections.Values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(at + 24), Crc32C.Append(0, Bytes.AsSpan(offset, length)));
            at += Entry;
        }
        uint checksum = Crc32C.Append(Crc32C.Append(0, Bytes.AsSpan(0, 124)), Bytes.AsSpan(Table, at - Table));
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(124), checksum);
    }
}

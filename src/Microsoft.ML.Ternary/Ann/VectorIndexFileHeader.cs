// What the first bytes of an index file say of the index, so that opening one needs nothing else of it.
//
//   0    8 bytes  "TERNVIDX"
//   8    uint32   version (2)
//   12   uint32   number of sections
//   16   uint64   length of the whole file
//   24   uint32   kind of index (AnnIndexKind)
//   28   uint32   codec of the vectors that are searched (VectorCodec)
//   32   uint32   codec of the vectors that rescore what was found (VectorCodec); 0: there are none
//   36   uint32   metric (AnnMetric)
//   40   uint32   dimension
//   44   uint32   zero
//   48   uint64   number of vectors stored, deleted ones among them
//   56   uint64   the number that the next vector gets
//   64   uint64   number of deleted vectors
//   72   52 bytes zero
//   124  uint32   CRC-32C of the first 124 bytes and of the section table
using System.Buffers.Binary;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>The fields of the header that describe the index.</summary>
internal sealed record VectorIndexFileHeader
{
    /// <summary>Length of the header, before the section table.</summary>
    public const int Bytes = 128;

    /// <summary>The version written, and the only one read.</summary>
    public const uint Version = 2;

    private const int ChecksumAt = Bytes - sizeof(uint);
    private const int MaxDimension = 1 << 24;

    /// <summary>Magic bytes at the beginning of every index file.</summary>
    public static ReadOnlySpan<byte> Magic => "TERNVIDX"u8;

    public required AnnIndexKind Kind { get; init; }

    public required VectorCodec Codec { get; init; }

    /// <summary>The codec of the vectors for rescoring, or null if there are none.</summary>
    public VectorCodec? RescoringCodec { get; init; }

    public required AnnMetric Metric { get; init; }

    public required int Dimension { get; init; }

    /// <summary>Vectors stored, deleted ones among them.</summary>
    public required int Count { get; init; }

    /// <summary>The number that the next vector gets.</summary>
    public required int NextId { get; init; }

    /// <summary>Deleted vectors.</summary>
    public int Deleted { get; init; }

    /// <summary>Writes header and checksum into the beginning of <paramref name="head"/>, which holds the section table already.</summary>
    public void Write(Span<byte> head, int sections, long fileLength)
    {
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], (uint)sections);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], (ulong)fileLength);
        BinaryPrimitives.WriteUInt32LittleEndian(head[24..], (uint)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(head[28..], (uint)Codec);
        BinaryPrimitives.WriteUInt32LittleEndian(head[32..], (uint)(RescoringCodec ?? 0));
        BinaryPrimitives.WriteUInt32LittleEndian(head[36..], (uint)Metric);
        BinaryPrimitives.WriteUInt32LittleEndian(head[40..], (uint)Dimension);
        BinaryPrimitives.WriteUInt64LittleEndian(head[48..], (ulong)Count);
        BinaryPrimitives.WriteUInt64LittleEndian(head[56..], (ulong)NextId);
        BinaryPrimitives.WriteUInt64LittleEndian(head[64..], (ulong)Deleted);
        BinaryPrimitives.WriteUInt32LittleEndian(head[ChecksumAt..], Checksum(head));
    }

    /// <summary>Whether header and section table are as they were written.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> head) => Checksum(head) == BinaryPrimitives.ReadUInt32LittleEndian(head[ChecksumAt..]);

    /// <summary>Reads the fields that describe the index; null, and what is wrong, if they cannot be.</summary>
    public static VectorIndexFileHeader? Read(ReadOnlySpan<byte> header, out string problem)
    {
        uint kind = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]), metric = BinaryPrimitives.ReadUInt32LittleEndian(header[36..]);
        uint codec = BinaryPrimitives.ReadUInt32LittleEndian(header[28..]), rescoring = BinaryPrimitives.ReadUInt32LittleEndian(header[32..]);
        problem = $"it has kind {kind}, codec {codec}, rescoring codec {rescoring} and metric {metric}, of which one is unknown here";
        if (!Enum.IsDefined((AnnIndexKind)kind) || !Enum.IsDefined((AnnMetric)metric) || !Enum.IsDefined((VectorCodec)codec) || rescoring != 0 && !Enum.IsDefined((VectorCodec)rescoring))
            return null;
        uint dimension = BinaryPrimitives.ReadUInt32LittleEndian(header[40..]);
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(header[48..]), nextId = BinaryPrimitives.ReadUInt64LittleEndian(header[56..]);
        ulong deleted = BinaryPrimitives.ReadUInt64LittleEndian(header[64..]);
        problem = $"it says {count} vectors of dimension {dimension}, {deleted} of them deleted, and {nextId} as the next number";
        if (dimension is 0 or > MaxDimension || count > int.MaxValue || deleted > count || nextId < count || nextId > int.MaxValue)
            return null;
        return new VectorIndexFileHeader
        {
            Kind = (AnnIndexKind)kind,
            Codec = (VectorCodec)codec,
            RescoringCodec = rescoring == 0 ? null : (VectorCodec)rescoring,
            Metric = (AnnMetric)metric,
            Dimension = (int)dimension,
            Count = (int)count,
            NextId = (int)nextId,
            Deleted = (int)deleted,
        };
    }

    private static uint Checksum(ReadOnlySpan<byte> head) => Crc32C.Append(Crc32C.Append(0, head[..ChecksumAt]), head[Bytes..]);
}

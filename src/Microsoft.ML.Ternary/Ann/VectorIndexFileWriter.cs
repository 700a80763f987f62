// The index file as a sequence of sections, each with its checksum, on multiples of 64 bytes so that a later reader can map them
// into memory as they are. All lengths are known before the first byte is written: the stream need not be able to seek.
//
//   0   8 bytes  "TERNVIDX"
//   8   uint32   version (1)
//   12  uint32   number of sections
//   16  uint64   length of the whole file
//   24  uint32   kind of index (AnnIndexKind)
//   28  uint32   codec of the vectors (VectorCodec)
//   32  uint32   metric (AnnMetric)
//   36  uint32   dimension
//   40  uint64   number of vectors
//   48  12 bytes zero
//   60  uint32   CRC-32C of the first 60 bytes and of the section table
//   64  section table, 32 bytes each: name (8 bytes, ASCII, padded with zeros), uint64 offset, uint64 length, uint32 CRC-32C, zero
//   ... sections, each beginning on a multiple of 64, zeros between
//
// All numbers are little-endian.
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class VectorIndexFileWriter
{
    public const uint Version = 1;
    public const int HeaderBytes = 64;
    public const int EntryBytes = 32;
    public const int MaxNameLength = 8;
    public const int MaxSections = 64;
    public const string Vectors = "vectors";
    public const string SlotIdsName = "slotids";
    public const string Deleted = "deleted";

    // Written in pieces, so that no stream is asked for more than an int can say.
    private const int Piece = 1 << 20;

    private readonly VectorIndex _index;
    private readonly List<Section> _sections = [];

    public VectorIndexFileWriter(VectorIndex index)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files are little-endian, as this library's memory must be.");
        _index = index;
        VectorStore store = index.Structure.Vectors.Codes;
        Add(Vectors, store.Rows, (long)store.Count * store.RowBytes);
        AddSlots(index.Structure.Vectors);
        index.Structure.AddSections(this);
    }

    /// <summary>Magic bytes at the beginning of every index file.</summary>
    public static ReadOnlySpan<byte> Magic => "TERNVIDX"u8;

    /// <summary>Adds a section whose memory stays in place until the file is written.</summary>
    public void Add(string name, byte* data, long length) => _sections.Add(new Section(name, data, null, length));

    /// <summary>Adds a section.</summary>
    public void Add(string name, byte[] data) => _sections.Add(new Section(name, null, data, data.Length));

    // The ids of slots that have others than their own number, preceded by the next id; and which slots are deleted.
    private void AddSlots(IndexVectors vectors)
    {
        if (!vectors.Ids.IsOwnSlot)
        {
            int[] ids = [vectors.Ids.Next, .. vectors.Ids.ToSpan()];
            Add(SlotIdsName, MemoryMarshal.AsBytes<int>(ids).ToArray());
        }
        if (vectors.Deleted.Count > 0)
            Add(Deleted, MemoryMarshal.AsBytes<ulong>(vectors.Deleted.ToWords(vectors.Count)).ToArray());
    }

    public void Write(Stream stream)
    {
        byte[] head = Head();
        stream.Write(head);
        long position = head.Length;
        foreach (Section section in _sections)
        {
            Pad(stream, ref position);
            section.ForEachPiece(stream.Write);
            position += section.Length;
        }
        GC.KeepAlive(_index);
    }

    public static long Align(long position) => (position + AlignedBuffer.Alignment - 1) & ~(AlignedBuffer.Alignment - 1L);

    private static void Pad(Stream stream, ref long position)
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[AlignedBuffer.Alignment];
        long aligned = Align(position);
        stream.Write(zeros[..(int)(aligned - position)]);
        position = aligned;
    }

    private byte[] Head()
    {
        byte[] head = new byte[HeaderBytes + EntryBytes * _sections.Count];
        long position = head.Length;
        for (int i = 0; i < _sections.Count; i++)
        {
            position = Align(position);
            _sections[i].WriteEntry(head.AsSpan(HeaderBytes + EntryBytes * i), position);
            position += _sections[i].Length;
        }
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), (uint)_sections.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(16), (ulong)position);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(24), (uint)_index.Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(28), (uint)_index.Codec);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(32), (uint)_index.Metric);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(36), (uint)_index.Dimension);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(40), (ulong)_index.Structure.Vectors.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(60), HeadChecksum(head));
        return head;
    }

    /// <summary>The checksum of header and table, without its own field.</summary>
    public static uint HeadChecksum(ReadOnlySpan<byte> head) => Crc32C.Append(Crc32C.Append(0, head[..60]), head[HeaderBytes..]);

    private sealed class Section(string name, byte* data, byte[]? array, long length)
    {
        public long Length => length;

        public void WriteEntry(Span<byte> entry, long offset)
        {
            Encoding.ASCII.GetBytes(name, entry[..MaxNameLength]);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], (ulong)offset);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], (ulong)length);
            uint checksum = 0;
            ForEachPiece(piece => checksum = Crc32C.Append(checksum, piece));
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], checksum);
        }

        public void ForEachPiece(PieceAction action)
        {
            for (long start = 0; start < length; start += Piece)
            {
                int count = (int)Math.Min(Piece, length - start);
                action(array is null ? new ReadOnlySpan<byte>(data + start, count) : array.AsSpan((int)start, count));
            }
        }
    }

    private delegate void PieceAction(ReadOnlySpan<byte> piece);
}

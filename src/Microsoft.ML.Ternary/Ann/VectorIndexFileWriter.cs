// The index file: header (VectorIndexFileHeader), section table (VectorIndexFileSection), and the sections, each beginning on a
// multiple of 64 with zeros between, so that a reader can map them into memory as they are. All numbers are little-endian. All
// lengths are known before the first byte is written: the stream need not be able to seek.
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class VectorIndexFileWriter
{
    // Written in pieces, so that no stream is asked for more than an int can say.
    private const int Piece = 1 << 20;

    private readonly VectorIndex _index;
    private readonly VectorIndexFileHeader _header;
    private readonly List<Content> _contents = [];

    public VectorIndexFileWriter(VectorIndex index)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files are little-endian, as this library's memory must be.");
        _index = index;
        using IndexUse use = index.EnterToSave(out IndexStructure structure);
        IndexVectors vectors = structure.Vectors;
        _header = new VectorIndexFileHeader
        {
            Kind = structure.Kind,
            Codec = vectors.Codes.Codec,
            RescoringCodec = vectors.Rescoring?.Codec,
            Metric = vectors.Codes.Metric,
            Dimension = vectors.Codes.Dimension,
            Count = vectors.Count,
            NextId = vectors.Ids.Next,
            Deleted = vectors.Deleted.Count,
        };
        AddVectors(vectors);
        structure.AddSections(this);
    }

    /// <summary>Adds a section whose memory stays in place, and in use by the index, until the file is written.</summary>
    public void Add(string name, byte* data, long length) => Add(new Content(name, data, null, length));

    /// <summary>Adds a section; the array must not change until the file is written.</summary>
    public void Add(string name, byte[] data) => Add(new Content(name, null, data, data.Length));

    /// <summary>Adds a section with a copy of values.</summary>
    public void Add<T>(string name, ReadOnlySpan<T> values) where T : unmanaged => Add(name, MemoryMarshal.AsBytes(values).ToArray());

    /// <exception cref="ObjectDisposedException">The index was disposed since the writer was made.</exception>
    public void Write(Stream stream)
    {
        using IndexUse use = _index.EnterToSave(out _);
        byte[] head = Head();
        stream.Write(head);
        long position = head.Length;
        foreach (Content content in _contents)
        {
            Pad(stream, ref position);
            content.ForEachPiece(stream.Write);
            position += content.Length;
        }
        GC.KeepAlive(_index);
    }

    private void AddVectors(IndexVectors vectors)
    {
        Add(VectorIndexFileSections.Codes, VectorIndexFileSections.Codec, vectors.Codes);
        if (vectors.Rescoring is { } rescoring)
            Add(VectorIndexFileSections.Rescore, VectorIndexFileSections.RescoreCodec, rescoring);
        if (!vectors.Ids.IsOwnSlot)
            Add(VectorIndexFileSections.SlotIds, vectors.Ids.ToSpan());
        if (vectors.Deleted.Count > 0)
            Add<ulong>(VectorIndexFileSections.Deleted, vectors.Deleted.ToWords(vectors.Count));
    }

    private void Add(string name, string parameters, VectorStore store)
    {
        Add(name, store.Rows, (long)store.Count * store.RowBytes);
        if (store.Parameters is { } given)
            Add(parameters, given);
    }

    private void Add(Content content)
    {
        if (content.Name.Length is 0 or > VectorIndexFileSection.MaxNameLength || _contents.Any(other => other.Name == content.Name))
            throw new ArgumentException($"A section cannot be called '{content.Name}': names are of 1 to {VectorIndexFileSection.MaxNameLength} characters, and no two are the same.", nameof(content));
        if (_contents.Count == VectorIndexFileSection.MaxCount)
            throw new InvalidOperationException($"An index file has {VectorIndexFileSection.MaxCount} sections at most.");
        _contents.Add(content);
    }

    private static void Pad(Stream stream, ref long position)
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[MemoryBlock.Alignment];
        long aligned = VectorIndexFileSection.Align(position);
        stream.Write(zeros[..(int)(aligned - position)]);
        position = aligned;
    }

    private byte[] Head()
    {
        byte[] head = new byte[VectorIndexFileHeader.Bytes + VectorIndexFileSection.EntryBytes * _contents.Count];
        long position = head.Length;
        for (int i = 0; i < _contents.Count; i++)
        {
            Content content = _contents[i];
            VectorIndexFileSection section = new(content.Name, VectorIndexFileSection.Align(position), content.Length, content.Checksum());
            section.Write(head.AsSpan(VectorIndexFileHeader.Bytes + VectorIndexFileSection.EntryBytes * i));
            position = section.End;
        }
        _header.Write(head, _contents.Count, position);
        return head;
    }

    private sealed class Content(string name, byte* data, byte[]? array, long length)
    {
        public string Name => name;

        public long Length => length;

        public uint Checksum()
        {
            uint checksum = 0;
            ForEachPiece(piece => checksum = Crc32C.Append(checksum, piece));
            return checksum;
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

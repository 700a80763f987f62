// Reads what VectorIndexFileWriter writes, from a stream that need not be able to seek, and believes nothing: every length is
// checked before memory is asked for, every section against its checksum before it is used.
using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class VectorIndexFileReader
{
    private readonly Stream _stream;
    private readonly string _name;
    private readonly Dictionary<string, MemoryBlock> _sections = [];

    /// <summary>Reads a whole index file.</summary>
    /// <param name="stream">Where it begins at the current position.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="length">How long it must be, or -1 if that is not known.</param>
    public VectorIndexFileReader(Stream stream, string name, long length)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files are little-endian, as this library's memory must be.");
        _stream = stream;
        _name = name;
        byte[] header = new byte[VectorIndexFileWriter.HeaderBytes];
        Fill(header, "header");
        ReadHeader(header, length);
    }

    public AnnIndexKind Kind { get; private set; }

    public VectorCodec Codec { get; private set; }

    public AnnMetric Metric { get; private set; }

    public int Dimension { get; private set; }

    public int Count { get; private set; }

    /// <summary>A section that must be there, of a length that must be right.</summary>
    public MemoryBlock Section(string name, long length)
    {
        MemoryBlock section = TryGetSection(name) ?? throw Bad($"section '{name}' is missing");
        return section.Length == length ? section : throw Bad($"section '{name}' has {section.Length} bytes, expected {length}");
    }

    /// <summary>A section, or null if the file has none of this name.</summary>
    public MemoryBlock? TryGetSection(string name) => _sections.GetValueOrDefault(name);

    /// <summary>The error for a file that cannot be used.</summary>
    public InvalidDataException Bad(string problem) => new($"{_name}: {problem}. The file is damaged or is not a vector index: build and save the index again.");

    private void ReadHeader(byte[] header, long length)
    {
        if (!header.AsSpan().StartsWith(VectorIndexFileWriter.Magic))
            throw Bad("it does not begin as a vector index does");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
        if (version > VectorIndexFileWriter.Version)
            throw new InvalidDataException($"{_name}: the index has version {version}; this version of Microsoft.ML.Ternary reads up to {VectorIndexFileWriter.Version}. Update the package, or save the index with this one.");
        uint sections = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
        if (version == 0 || sections > VectorIndexFileWriter.MaxSections)
            throw Bad($"its header says version {version} and {sections} sections");
        byte[] head = new byte[header.Length + VectorIndexFileWriter.EntryBytes * (int)sections];
        header.CopyTo(head, 0);
        Fill(head.AsSpan(header.Length), "section table");
        if (VectorIndexFileWriter.HeadChecksum(head) != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(60)))
            throw Bad("its header fails its checksum");
        long total = (long)BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(16));
        if (length >= 0 && length != total)
            throw Bad($"it has {length} bytes but says {total}: it is {(length < total ? "truncated" : "followed by something else")}");
        Describe(header);
        ReadSections(head, total);
    }

    private void Describe(ReadOnlySpan<byte> header)
    {
        Kind = (AnnIndexKind)BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        Codec = (VectorCodec)BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        Metric = (AnnMetric)BinaryPrimitives.ReadUInt32LittleEndian(header[32..]);
        uint dimension = BinaryPrimitives.ReadUInt32LittleEndian(header[36..]);
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        if (!Enum.IsDefined(Kind) || !Enum.IsDefined(Codec) || !Enum.IsDefined(Metric))
            throw Bad($"it has kind {(int)Kind}, codec {(int)Codec} and metric {(int)Metric}, of which one is unknown here");
        if (dimension is 0 or > 1 << 24 || count is 0 or > int.MaxValue)
            throw Bad($"it says {count} vectors of dimension {dimension}");
        Dimension = (int)dimension;
        Count = (int)count;
    }

    private void ReadSections(byte[] head, long total)
    {
        long position = head.Length;
        for (int at = VectorIndexFileWriter.HeaderBytes; at < head.Length; at += VectorIndexFileWriter.EntryBytes)
        {
            ReadOnlySpan<byte> entry = head.AsSpan(at, VectorIndexFileWriter.EntryBytes);
            string name = Encoding.ASCII.GetString(entry[..VectorIndexFileWriter.MaxNameLength]).TrimEnd('\0');
            long offset = (long)BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
            long length = (long)BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
            if (offset != VectorIndexFileWriter.Align(position) || length < 0 || length > total - offset)
                throw Bad($"section '{name}' lies at {offset}, {length} bytes long, which does not fit");
            Skip((int)(offset - position), name);
            AlignedBuffer section = ReadSection(name, length, BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]));
            if (!_sections.TryAdd(name, section))
                throw Bad($"section '{name}' occurs twice");
            position = offset + length;
        }
        if (position != total)
            throw Bad($"its sections end at byte {position}, not at {total}");
    }

    private AlignedBuffer ReadSection(string name, long length, uint checksum)
    {
        AlignedBuffer section = new(length);
        uint actual = 0;
        for (long start = 0; start < length; start += 1 << 20)
        {
            Span<byte> piece = new(section.Pointer + start, (int)Math.Min(1 << 20, length - start));
            Fill(piece, name);
            actual = Crc32C.Append(actual, piece);
        }
        return actual == checksum ? section : throw Bad($"section '{name}' fails its checksum");
    }

    private void Skip(int count, string name)
    {
        Span<byte> padding = stackalloc byte[MemoryBlock.Alignment];
        Fill(padding[..count], name);
        if (padding[..count].ContainsAnyExcept((byte)0))
            throw Bad($"what lies before section '{name}' is not zero");
    }

    private void Fill(Span<byte> destination, string part)
    {
        int read = _stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        if (read < destination.Length)
            throw Bad($"it ends within its {part}: it is truncated");
    }
}

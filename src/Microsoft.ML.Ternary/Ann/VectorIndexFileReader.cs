// Reads what VectorIndexFileWriter writes and believes nothing: every length is checked before memory is asked for, every section
// against its checksum before it is used. A file is mapped, and of it the header and the section table are read; a stream, which
// need not be able to seek and may go on after the index, is read as a whole.
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class VectorIndexFileReader
{
    private const int Piece = 1 << 20;

    private readonly string _name;
    private readonly Dictionary<string, VectorIndexFileSection> _sections = [];
    private readonly Dictionary<string, MemoryBlock> _blocks = [];
    private readonly HashSet<string> _checked = [];
    private long _length;

    /// <summary>Reads a whole index from a stream, beginning at its current position.</summary>
    /// <param name="stream">What is read is checked at once.</param>
    /// <param name="name">What errors call it.</param>
    public VectorIndexFileReader(Stream stream, string name)
    {
        _name = name;
        byte[] head = ReadHead((position, bytes) => stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        long position = head.Length;
        foreach (VectorIndexFileSection section in _sections.Values)
        {
            ReadPadding(stream, section, position);
            _blocks.Add(section.Name, ReadSection(stream, section));
            _checked.Add(section.Name);
            position = section.End;
        }
    }

    private VectorIndexFileReader(SafeFileHandle file, string path)
    {
        _name = path;
        byte[] head = ReadHead((position, bytes) => RandomAccess.Read(file, bytes, position));
        long length = RandomAccess.GetLength(file);
        if (length != _length)
            throw Bad($"it has {length} bytes but says {_length}: it is {(length < _length ? "truncated" : "followed by something else")}");
        Mapping = new MappedFile(file);
        foreach (VectorIndexFileSection section in _sections.Values)
            _blocks.Add(section.Name, new MappedBlock(Mapping, section.Offset, section.Length));
    }

    /// <summary>Opens a file: maps it, and reads its header and section table only.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no index, is truncated, or its header was altered.</exception>
    public static VectorIndexFileReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"The index file {path} does not exist: save an index there first, or correct the path.", path);
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            return new VectorIndexFileReader(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What the header says.</summary>
    public VectorIndexFileHeader Header { get; private set; } = null!;

    public int Count => Header.Count;

    /// <summary>The mapped file, or null if the index was read from a stream.</summary>
    public MappedFile? Mapping { get; }

    /// <summary>Bytes of a mapped file that have been held against their checksum so far, those that <see cref="Verify"/> read apart.</summary>
    public long CheckedBytes { get; private set; }

    /// <summary>A section that must be there, of a length that must be right.</summary>
    public MemoryBlock Section(string name, long length, SectionCheck check = SectionCheck.Now)
    {
        if (!_sections.TryGetValue(name, out VectorIndexFileSection? section))
            throw Bad($"section '{name}' is missing");
        return section.Length == length ? Get(section, check) : throw Bad($"section '{name}' has {section.Length} bytes, expected {length}");
    }

    /// <summary>A section of whatever length, or null if the file has none of this name.</summary>
    public MemoryBlock? TryGetSection(string name, SectionCheck check = SectionCheck.Now) =>
        _sections.TryGetValue(name, out VectorIndexFileSection? section) ? Get(section, check) : null;

    /// <summary>A copy of the values of a section that must be there, of a length that must be right, checked now.</summary>
    public T[] Values<T>(string name, int count) where T : unmanaged
    {
        MemoryBlock section = Section(name, (long)count * sizeof(T));
        T[] values = new T[count];
        new ReadOnlySpan<T>(section.Pointer, count).CopyTo(values);
        GC.KeepAlive(section);
        return values;
    }

    /// <summary>As <see cref="Values"/>, or null if the file has no section of this name.</summary>
    public T[]? TryGetValues<T>(string name, int count) where T : unmanaged => _sections.ContainsKey(name) ? Values<T>(name, count) : null;

    /// <summary>Fails if the parameters that a section holds are out of their ranges.</summary>
    public void Require(VectorIndexOptions options, string section)
    {
        try
        {
            options.Validate();
        }
        catch (ArgumentOutOfRangeException problem)
        {
            throw Bad($"section '{section}': {problem.Message}");
        }
    }

    /// <summary>The error for a file that cannot be used.</summary>
    public InvalidDataException Bad(string problem) => new($"{_name}: {problem}. The file is damaged or is not a vector index: build and save the index again.");

    /// <summary>Checks the sections of a mapped file as they are on disk, without making them resident.</summary>
    /// <param name="onlyUnchecked">Whether to leave out those that were checked when they were first used.</param>
    /// <param name="cancellation">Stops between two pieces of 1 MiB.</param>
    /// <exception cref="InvalidDataException">A section fails its checksum.</exception>
    public void Verify(bool onlyUnchecked, CancellationToken cancellation)
    {
        if (Mapping is null)
            return;
        byte[] piece = new byte[Piece];
        foreach (VectorIndexFileSection section in _sections.Values)
        {
            if (onlyUnchecked && IsChecked(section.Name))
                continue;
            uint actual = 0;
            for (long start = 0; start < section.Length; start += Piece)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> wanted = piece.AsSpan(0, (int)Math.Min(Piece, section.Length - start));
                if (Mapping.Read(section.Offset + start, wanted) < wanted.Length)
                    throw Bad($"it ends within section '{section.Name}': it was truncated after it was opened");
                actual = Crc32C.Append(actual, wanted);
            }
            Require(section, actual);
        }
        CheckPadding();
    }

    private MemoryBlock Get(VectorIndexFileSection section, SectionCheck check)
    {
        MemoryBlock block = _blocks[section.Name];
        if (check == SectionCheck.Now)
        {
            lock (_checked)
                CheckOnce(section, block);
        }
        return block;
    }

    private void CheckOnce(VectorIndexFileSection section, MemoryBlock block)
    {
        if (_checked.Contains(section.Name))
            return;
        uint actual = 0;
        for (long start = 0; start < section.Length; start += Piece)
            actual = Crc32C.Append(actual, new ReadOnlySpan<byte>(block.Pointer + start, (int)Math.Min(Piece, section.Length - start)));
        Require(section, actual);
        _checked.Add(section.Name);
        CheckedBytes += section.Length;
    }

    private bool IsChecked(string name)
    {
        lock (_checked)
            return _checked.Contains(name);
    }

    private void Require(VectorIndexFileSection section, uint actual)
    {
        if (actual != section.Checksum)
            throw Bad($"section '{section.Name}' fails its checksum");
    }

    private byte[] ReadHead(ReadAt read)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files are little-endian, as this library's memory must be.");
        byte[] header = new byte[VectorIndexFileHeader.Bytes];
        int there = read(0, header);
        int magic = Math.Min(there, VectorIndexFileHeader.Magic.Length);
        if (!header.AsSpan(0, magic).SequenceEqual(VectorIndexFileHeader.Magic[..magic]))
            throw Bad("it does not begin as a vector index does");
        Require(there, header.Length, "header");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8));
        if (version != VectorIndexFileHeader.Version)
            throw new InvalidDataException($"{_name}: the index has version {version}; this version of Microsoft.ML.Ternary reads version {VectorIndexFileHeader.Version}. {(version > VectorIndexFileHeader.Version ? "Update the package, or save the index with this one" : "Build and save the index again")}.");
        uint sections = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
        if (sections > VectorIndexFileSection.MaxCount)
            throw Bad($"its header says {sections} sections");
        byte[] head = new byte[header.Length + VectorIndexFileSection.EntryBytes * (int)sections];
        header.CopyTo(head, 0);
        Require(read(header.Length, head.AsSpan(header.Length)), head.Length - header.Length, "section table");
        if (!VectorIndexFileHeader.IsWhole(head))
            throw Bad("its header fails its checksum");
        Header = VectorIndexFileHeader.Read(header, out string problem) ?? throw Bad(problem);
        _length = (long)BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(16));
        ReadTable(head);
        return head;
    }

    private void ReadTable(byte[] head)
    {
        long position = head.Length;
        for (int at = VectorIndexFileHeader.Bytes; at < head.Length; at += VectorIndexFileSection.EntryBytes)
        {
            VectorIndexFileSection section = VectorIndexFileSection.Read(head.AsSpan(at));
            if (section.Offset != VectorIndexFileSection.Align(position) || section.Length < 0 || section.Length > _length - section.Offset)
                throw Bad($"section '{section.Name}' lies at {section.Offset}, {section.Length} bytes long, which does not fit");
            if (!_sections.TryAdd(section.Name, section))
                throw Bad($"section '{section.Name}' occurs twice");
            position = section.End;
        }
        if (position != _length)
            throw Bad($"its sections end at byte {position}, not at {_length}");
    }

    private AlignedBuffer ReadSection(Stream stream, VectorIndexFileSection section)
    {
        AlignedBuffer block = new(section.Length);
        uint actual = 0;
        for (long start = 0; start < section.Length; start += Piece)
        {
            Span<byte> piece = new(block.Pointer + start, (int)Math.Min(Piece, section.Length - start));
            Require(stream.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false), piece.Length, $"section '{section.Name}'");
            actual = Crc32C.Append(actual, piece);
        }
        Require(section, actual);
        return block;
    }

    private void ReadPadding(Stream stream, VectorIndexFileSection section, long position)
    {
        Span<byte> padding = stackalloc byte[(int)(section.Offset - position)];
        Require(stream.ReadAtLeast(padding, padding.Length, throwOnEndOfStream: false), padding.Length, $"section '{section.Name}'");
        RequireZeros(padding, section);
    }

    private void CheckPadding()
    {
        byte[] padding = new byte[MemoryBlock.Alignment];
        long position = VectorIndexFileHeader.Bytes + VectorIndexFileSection.EntryBytes * _sections.Count;
        foreach (VectorIndexFileSection section in _sections.Values)
        {
            RequireZeros(padding.AsSpan(0, Mapping!.Read(position, padding.AsSpan(0, (int)(section.Offset - position)))), section);
            position = section.End;
        }
    }

    private void RequireZeros(ReadOnlySpan<byte> padding, VectorIndexFileSection section)
    {
        if (padding.ContainsAnyExcept((byte)0))
            throw Bad($"what lies before section '{section.Name}' is not zero");
    }

    private void Require(int read, int wanted, string part)
    {
        if (read < wanted)
            throw Bad($"it ends within its {part}: it is truncated");
    }

    private delegate int ReadAt(long position, Span<byte> bytes);
}

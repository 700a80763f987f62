// The files that all engines read: NumPy's .npy, because numpy.load maps it as it is and a header of one line is all that other
// languages have to understand. Two types only, float32 vectors and int32 neighbours, in row-major order, little-endian
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Benchmarks.Ann.Data;

/// <summary>The type, shape and place of the values in a .npy file.</summary>
internal readonly partial record struct NpyHeader(string Type, int Rows, int Columns, int DataOffset);

/// <summary>Reads and writes .npy files of two dimensions.</summary>
internal static partial class NpyFile
{
    public const string Float32 = "<f4", Int32 = "<i4";

    private const int Alignment = 64, LengthOffset = 8;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a header.</summary>
    /// <exception cref="InvalidDataException">It is no .npy file, or not of <paramref name="type"/> in two dimensions.</exception>
    public static NpyHeader ReadHeader(string path, string type)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[LengthOffset + 4];
        if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start.StartsWith(Magic))
            throw new InvalidDataException($"{path} is not a .npy file: it does not begin with NumPy's signature.");
        bool first = start[6] == 1;
        int textOffset = LengthOffset + (first ? 2 : 4);
        int length = first ? BinaryPrimitives.ReadUInt16LittleEndian(start[LengthOffset..]) : BinaryPrimitives.ReadInt32LittleEndian(start[LengthOffset..]);
        if (length is <= 0 or > 1 << 20)
            throw new InvalidDataException($"{path} has a header of {length} bytes, which is no .npy file's.");
        byte[] text = new byte[length];
        file.Position = textOffset;
        if (file.ReadAtLeast(text, length, throwOnEndOfStream: false) < length)
            throw new InvalidDataException($"{path} ends within its header.");
        NpyHeader header = Parse(path, Encoding.Latin1.GetString(text), type, textOffset + length);
        long expected = header.DataOffset + (long)header.Rows * header.Columns * sizeof(float);
        if (file.Length < expected)
            throw new InvalidDataException($"{path} is truncated: {header.Rows} x {header.Columns} values need {expected} bytes, it has {file.Length}.");
        return header;
    }

    /// <summary>Reads a file of int32.</summary>
    public static int[] ReadInt32(string path, out int columns)
    {
        NpyHeader header = ReadHeader(path, Int32);
        int[] values = new int[header.Rows * header.Columns];
        using FileStream file = File.OpenRead(path);
        file.Position = header.DataOffset;
        file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        columns = header.Columns;
        return values;
    }

    /// <summary>Writes a file, which appears whole or not at all.</summary>
    /// <param name="path">Where.</param>
    /// <param name="type"><see cref="Float32"/> or <see cref="Int32"/>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="write">Writes the values, rows x columns of four bytes.</param>
    public static void Write(string path, string type, int rows, int columns, Action<Stream> write) => WholeFiles.Write(path, file =>
    {
        file.Write(Header(type, rows, columns));
        write(file);
    });

    /// <summary>Writes a file of values in memory.</summary>
    public static void Write<T>(string path, string type, ReadOnlyMemory<T> values, int columns)
        where T : unmanaged =>
        Write(path, type, values.Length / columns, columns, file => file.Write(MemoryMarshal.AsBytes(values.Span)));

    private static byte[] Header(string type, int rows, int columns)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        int before = LengthOffset + 2;
        int total = (before + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        byte[] header = new byte[total];
        header.AsSpan(before).Fill((byte)' ');
        Magic.CopyTo(header);
        header[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(LengthOffset), (ushort)(total - before));
        Encoding.Latin1.GetBytes(text, header.AsSpan(before));
        header[^1] = (byte)'\n';
        return header;
    }

    private static NpyHeader Parse(string path, string text, string type, int dataOffset)
    {
        Match descr = DescrPattern().Match(text), shape = ShapePattern().Match(text);
        if (!descr.Success || descr.Groups[1].Value != type || !text.Contains("'fortran_order': False"))
            throw new InvalidDataException($"{path} holds {text.Trim()}; expected type {type} in C order (in NumPy: np.save(path, np.ascontiguousarray(x, dtype='{type}'))).");
        if (!shape.Success || !int.TryParse(shape.Groups[1].Value, out int rows) || !int.TryParse(shape.Groups[2].Value, out int columns) || rows == 0 || columns == 0)
            throw new InvalidDataException($"{path} holds {text.Trim()}; expected two dimensions, vectors x components.");
        return new NpyHeader(type, rows, columns, dataOffset);
    }

    [GeneratedRegex("'descr': *'([^']*)'")]
    private static partial Regex DescrPattern();

    [GeneratedRegex(@"'shape': *\((\d+), *(\d+),?\)")]
    private static partial Regex ShapePattern();
}

// Reads the two forms in which vectors are commonly handed around: NumPy's .npy
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), here little-endian float32 of two dimensions in C
// order, and .fvecs (http://corpus-texmex.irisa.fr): each vector as an int32 with its dimension, followed by its float32 components.
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Samples.TuneIndex;

/// <summary>Vectors, one after the other.</summary>
internal sealed partial record VectorFile(float[] Components, int Dimension)
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    public static VectorFile Read(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".npy" => ReadNpy(path),
        ".fvecs" => ReadFvecs(path),
        _ => throw new InvalidDataException($"{path}: give a file that ends in .npy or .fvecs."),
    };

    private static VectorFile ReadNpy(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] start = new byte[12];
        if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start.AsSpan(0, 6).SequenceEqual(Magic))
            throw new InvalidDataException($"{path} is not a .npy file.");
        bool first = start[6] == 1;
        int textStart = first ? 10 : 12;
        int length = first ? BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)) : BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(8));
        if (length <= 0 || textStart + (long)length > file.Length)
            throw new InvalidDataException($"{path} ends within its header.");
        byte[] text = new byte[length];
        file.Position = textStart;
        file.ReadExactly(text);
        Match header = Header().Match(Encoding.Latin1.GetString(text));
        if (!header.Success)
            throw new InvalidDataException($"{path} must hold float32 of two dimensions in C order: array.astype('<f4') makes it so.");
        int rows = int.Parse(header.Groups[1].Value, CultureInfo.InvariantCulture), dimension = int.Parse(header.Groups[2].Value, CultureInfo.InvariantCulture);
        if ((file.Length - file.Position) / sizeof(float) < (long)rows * dimension)
            throw new InvalidDataException($"{path} is truncated: {rows} x {dimension} values are more than it has.");
        float[] components = new float[checked(rows * dimension)];
        Fill(file, components);
        return new VectorFile(components, dimension);
    }

    private static VectorFile ReadFvecs(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] start = new byte[sizeof(int)];
        int dimension = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length ? 0 : BinaryPrimitives.ReadInt32LittleEndian(start);
        long row = sizeof(int) + (long)dimension * sizeof(float);
        if (dimension <= 0 || file.Length % row != 0)
            throw new InvalidDataException($"{path} is not a whole number of .fvecs vectors of one dimension.");
        float[] components = new float[checked((int)(file.Length / row) * dimension)];
        for (int i = 0; i < components.Length; i += dimension)
        {
            if (i > 0)
                file.ReadExactly(start);
            if (BinaryPrimitives.ReadInt32LittleEndian(start) != dimension)
                throw new InvalidDataException($"{path}: vector {i / dimension} has another dimension than the first, {dimension}.");
            Fill(file, components.AsSpan(i, dimension));
        }
        return new VectorFile(components, dimension);
    }

    private static void Fill(FileStream file, Span<float> components)
    {
        if (!BitConverter.IsLittleEndian)
            throw new InvalidDataException("This sample reads vectors on little-endian machines only.");
        file.ReadExactly(MemoryMarshal.AsBytes(components));
    }

    [GeneratedRegex(@"'descr':\s*'<f4'.*'fortran_order':\s*False.*'shape':\s*\((\d+),\s*(\d+)\)")]
    private static partial Regex Header();
}

// An index together with the ids of its vectors, in one file: what SaveIndex writes, IndexFile reads and a model holds.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

internal static unsafe class AnnIndexFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is truncated, altered or of a newer version.</exception>
    public static (VectorIndex Index, NeighborIds Ids) Load(string path) => Read(VectorIndexFileReader.Open(path), path);

    /// <summary>Reads a stream.</summary>
    /// <exception cref="InvalidDataException">It is truncated, altered or of a newer version.</exception>
    public static (VectorIndex Index, NeighborIds Ids) Read(Stream stream, string name) => Read(new VectorIndexFileReader(stream, name), name);

    /// <summary>Writes to a stream.</summary>
    public static void Write(VectorIndex index, NeighborIds ids, Stream stream) => index.Save(stream, file =>
    {
        foreach ((string name, byte[] bytes) in ids.Sections())
            file.Add(name, bytes);
    });

    private static (VectorIndex Index, NeighborIds Ids) Read(VectorIndexFileReader file, string name)
    {
        VectorIndex index = VectorIndexFile.Create(file);
        IdSections ids = new(section => Copy(file.TryGetSection(section)), name);
        return (index, ids.Read(index.NextId));
    }

    private static byte[]? Copy(MemoryBlock? section)
    {
        if (section is null)
            return null;
        byte[] bytes = new byte[section.Length];
        new ReadOnlySpan<byte>(section.Pointer, bytes.Length).CopyTo(bytes);
        GC.KeepAlive(section);
        return bytes;
    }
}

// Saving and loading of whole indexes, of every kind: the file says which.
namespace Microsoft.ML.Ternary.Ann;

internal static class VectorIndexFile
{
    public static void Save(VectorIndex index, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, new VectorIndexFileWriter(index).Write);
    }

    public static void Save(VectorIndex index, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        new VectorIndexFileWriter(index).Write(stream);
    }

    public static VectorIndex Load(string path)
    {
        using FileStream stream = OpenRead(path);
        return Create(new VectorIndexFileReader(stream, path, stream.Length));
    }

    public static VectorIndex Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Create(new VectorIndexFileReader(stream, (stream as FileStream)?.Name ?? "The index in the stream", -1));
    }

    /// <summary>Opens an index file; errors say that it is one.</summary>
    public static FileStream OpenRead(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"The index file {path} does not exist: save an index there first, or correct the path.", path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
    }

    /// <summary>Makes the index of a file that has been read.</summary>
    public static VectorIndex Create(VectorIndexFileReader file)
    {
        long bytes = (long)file.Count * Float32VectorStore.BytesPerRow(file.Dimension);
        Float32VectorStore store = new(file.Dimension, file.Metric, file.Count, file.Section(VectorIndexFileWriter.Vectors, bytes));
        IndexVectors vectors = new(store, null, ReadIds(file), ReadDeleted(file));
        return file.Kind switch
        {
            AnnIndexKind.Flat => new FlatIndex(new FlatStructure(vectors, new FlatOptions { Metric = file.Metric })),
            AnnIndexKind.Ivf => new IvfIndex(IvfSections.Read(file, vectors, IvfSections.ReadOptions(file) with { Metric = file.Metric })),
            AnnIndexKind.Lsh => new LshIndex(LshSections.Read(file, vectors, LshSections.ReadOptions(file) with { Metric = file.Metric })),
            _ => new HnswIndex(HnswSections.Read(file, vectors)),
        };
    }

    private static unsafe SlotIds ReadIds(VectorIndexFileReader file)
    {
        if (file.TryGetSection(VectorIndexFileWriter.SlotIdsName) is null)
            return new SlotIds(file.Count);
        int[] ids = new ReadOnlySpan<int>(file.Section(VectorIndexFileWriter.SlotIdsName, (file.Count + 1L) * sizeof(int)).Pointer, file.Count + 1).ToArray();
        int next = ids[0];
        ids = ids[1..];
        if (ids.Any(id => id < 0 || id >= next) || ids.Distinct().Count() < ids.Length)
            throw file.Bad($"section '{VectorIndexFileWriter.SlotIdsName}' holds an id twice, or one that was not given out");
        return new SlotIds(ids, next);
    }

    private static unsafe SlotBits ReadDeleted(VectorIndexFileReader file)
    {
        if (file.TryGetSection(VectorIndexFileWriter.Deleted) is null)
            return new SlotBits();
        int words = (file.Count + 63) / 64;
        return new SlotBits(new ReadOnlySpan<ulong>(file.Section(VectorIndexFileWriter.Deleted, (long)words * sizeof(ulong)).Pointer, words).ToArray());
    }
}

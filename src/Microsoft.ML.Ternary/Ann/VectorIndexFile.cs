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

    public static VectorIndex Load(string path) => Create(VectorIndexFileReader.Open(path));

    public static VectorIndex Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Create(new VectorIndexFileReader(stream, (stream as FileStream)?.Name ?? "The index in the stream"));
    }

    /// <summary>Makes the index of a file that was opened or read.</summary>
    public static VectorIndex Create(VectorIndexFileReader file)
    {
        try
        {
            VectorStore store = CreateStore(file);
            VectorIndex index = file.Header.Kind == AnnIndexKind.Flat ? new FlatIndex(store) : new HnswIndex(store, HnswSections.ReadOptions(file, store));
            index.ReadFrom(file);
            return index;
        }
        catch
        {
            file.Mapping?.Dispose();
            throw;
        }
    }

    private static Float32VectorStore CreateStore(VectorIndexFileReader file)
    {
        VectorIndexFileHeader header = file.Header;
        long bytes = (long)header.Count * Float32VectorStore.BytesPerRow(header.Dimension);
        return new Float32VectorStore(header.Dimension, header.Metric, header.Count, file.Section(VectorIndexFileSections.Codes, bytes, SectionCheck.FirstUse));
    }
}

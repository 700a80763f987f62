// Saving and loading of whole indexes, of every kind: the file says which.
namespace Microsoft.ML.Ternary.Ann;

internal static class VectorIndexFile
{
    public static void Save(VectorIndex index, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, new VectorIndexFileWriter(index).Write);
    }

    public static VectorIndex Load(string path, int threads) => Create(VectorIndexFileReader.Open(path), threads);

    public static VectorIndex Load(Stream stream, int threads)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Create(new VectorIndexFileReader(stream, (stream as FileStream)?.Name ?? "The index in the stream"), threads);
    }

    /// <summary>Makes the index of a file that was opened or read, which then changes on this many threads.</summary>
    public static VectorIndex Create(VectorIndexFileReader file, int threads = 1)
    {
        try
        {
            return file.Header.Kind switch
            {
                AnnIndexKind.Flat => new FlatIndex(new OpenedIndexFile(file, WithHeader(new FlatOptions(), file.Header, threads), FlatStructure.Read)),
                AnnIndexKind.Hnsw => new HnswIndex(new OpenedIndexFile(file, WithHeader(HnswSections.ReadOptions(file), file.Header, threads), HnswSections.Read)),
                AnnIndexKind.Ivf => new IvfIndex(new OpenedIndexFile(file, WithHeader(IvfSections.ReadOptions(file), file.Header, threads), IvfSections.Read)),
                AnnIndexKind.Lsh => new LshIndex(new OpenedIndexFile(file, WithHeader(LshSections.ReadOptions(file), file.Header, threads), LshSections.Read)),
                _ => throw file.Bad($"its kind, {file.Header.Kind}, is unknown here"),
            };
        }
        catch
        {
            file.Mapping?.Dispose();
            throw;
        }
    }

    // What all indexes have is in the header; what only a kind has, in a section of its own.
    private static TOptions WithHeader<TOptions>(TOptions options, VectorIndexFileHeader header, int threads) where TOptions : VectorIndexOptions
    {
        VectorIndexOptions described = options with { Metric = header.Metric, Codec = header.Codec, Rescoring = Rescoring.Auto, Threads = threads };
        return (TOptions)(described.RescoringCodec == header.RescoringCodec ? described : described with { Rescoring = AsOption(header.RescoringCodec) });
    }

    private static Rescoring AsOption(VectorCodec? codec) => codec switch
    {
        null => Rescoring.None,
        VectorCodec.Int8 => Rescoring.Int8,
        VectorCodec.Float16 => Rescoring.Float16,
        _ => Rescoring.Float32,
    };
}

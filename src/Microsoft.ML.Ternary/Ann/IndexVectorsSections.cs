// The vectors of an index in its file: codes, what rescores them, ids and deletions. What is read here decides which memory searches
// touch, so that numbers are checked one by one; the vectors themselves may be anything and lead nowhere.
namespace Microsoft.ML.Ternary.Ann;

internal static unsafe class IndexVectorsSections
{
    /// <summary>Reads the vectors of a file. Those for rescoring are neither read nor checked.</summary>
    public static IndexVectors Read(VectorIndexFileReader file)
    {
        VectorIndexFileHeader header = file.Header;
        VectorStore codes = ReadStore(file, VectorIndexFileSections.Codes, VectorIndexFileSections.Codec, header.Codec, SectionCheck.Now);
        VectorStore? rescoring = header.RescoringCodec is { } codec ? ReadStore(file, VectorIndexFileSections.Rescore, VectorIndexFileSections.RescoreCodec, codec, SectionCheck.OnDemand) : null;
        return new IndexVectors(codes, rescoring, ReadIds(file), ReadDeleted(file));
    }

    private static VectorStore ReadStore(VectorIndexFileReader file, string section, string parameters, VectorCodec codec, SectionCheck check)
    {
        VectorIndexFileHeader header = file.Header;
        long bytes = (long)header.Count * VectorStores.RowBytes(codec, header.Dimension);
        MemoryBlock? block = file.TryGetSection(parameters);
        try
        {
            ReadOnlySpan<byte> given = block is null ? default : new ReadOnlySpan<byte>(block.Pointer, checked((int)block.Length));
            return VectorStores.Restore(codec, header.Dimension, header.Metric, header.Count, file.Section(section, bytes, check), given);
        }
        catch (InvalidDataException problem)
        {
            throw file.Bad($"section '{parameters}': {problem.Message}");
        }
        finally
        {
            GC.KeepAlive(block);
        }
    }

    private static SlotIds ReadIds(VectorIndexFileReader file)
    {
        int next = file.Header.NextId;
        int[]? ids = file.TryGetValues<int>(VectorIndexFileSections.SlotIds, file.Count);
        if (ids is null)
            return next == file.Count ? new SlotIds(next) : throw file.Bad($"it has {file.Count} vectors, gives {next} as the next number and has no section '{VectorIndexFileSections.SlotIds}'");
        SlotBits given = new();
        for (int slot = 0; slot < ids.Length; slot++)
        {
            if ((uint)ids[slot] >= (uint)next || !given.Add(ids[slot]))
                throw file.Bad($"vector {slot} has number {ids[slot]}, which is another's or not below {next}");
        }
        return new SlotIds(ids, next);
    }

    private static SlotBits ReadDeleted(VectorIndexFileReader file)
    {
        ulong[] words = file.TryGetValues<ulong>(VectorIndexFileSections.Deleted, (file.Count + 63) / 64) ?? [];
        SlotBits deleted = new(words);
        bool isBeyond = words.Length > 0 && file.Count % 64 != 0 && words[^1] >> (file.Count % 64) != 0;
        return deleted.Count == file.Header.Deleted && !isBeyond
            ? deleted
            : throw file.Bad($"section '{VectorIndexFileSections.Deleted}' has {deleted.Count} vectors{(isBeyond ? ", some of which are not there" : "")}, the header {file.Header.Deleted}");
    }
}

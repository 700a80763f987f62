// Exact search by codes: the query against every vector. There is nothing to keep up.
namespace Microsoft.ML.Ternary.Ann;

internal sealed class FlatStructure(IndexVectors vectors, VectorIndexOptions options) : IndexStructure(vectors, options)
{
    public override AnnIndexKind Kind => AnnIndexKind.Flat;

    public override long MemoryBytes => 0;

    // Queries that go through the vectors together read them from memory once.
    public override int QueriesAtOnce => 8;

    /// <summary>Reads the structure of an index file.</summary>
    public static FlatStructure Read(VectorIndexFileReader file, VectorIndexOptions options) => new(IndexVectorsSections.Read(file), options);

    public override void Insert(int first, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation) =>
        progress?.Report(new IndexBuildProgress(Vectors.Count - first, Vectors.Count - first));

    public override IndexStructure Compacted(int[] slots, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        FlatStructure compacted = new(Vectors.Select(slots), Options);
        progress?.Report(new IndexBuildProgress(slots.Length, slots.Length));
        return compacted;
    }

    public override void AddSections(VectorIndexFileWriter file)
    {
    }

    protected override void Find(ReadOnlySpan<SearchScratch> searches, int count, SearchOptions? options)
    {
        // Going through a list touches vectors in their order but not all: as long as most are left out it is the quicker way.
        if (options?.AllowList is { } allowed && allowed.Count < Vectors.Count / 2)
        {
            foreach (SearchScratch scratch in searches)
                ScanAllowed(scratch, allowed, count);
        }
        else
        {
            Scan(searches, count);
        }
    }
}

// Many queries over several threads. Pointers, because threads cannot capture spans; the caller pins what they point to.
namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class BatchSearch(IndexStructure structure, float* queries, int count, int k, int* ids, float* distances, SearchOptions? options)
{
    public void Run(CancellationToken cancellation)
    {
        int atOnce = structure.QueriesAtOnce;
        int threads = options?.Threads is > 0 and int given ? given : Environment.ProcessorCount;
        Blocks.Run(
            (count + atOnce - 1) / atOnce,
            threads,
            () => Rent(atOnce),
            (group, scratches) =>
            {
                cancellation.ThrowIfCancellationRequested();
                SearchGroup(group * atOnce, scratches);
            },
            GiveBack);
    }

    private SearchScratch[] Rent(int count)
    {
        SearchScratch[] scratches = new SearchScratch[count];
        for (int i = 0; i < count; i++)
            scratches[i] = structure.Rent();
        return scratches;
    }

    private void GiveBack(SearchScratch[] scratches)
    {
        foreach (SearchScratch scratch in scratches)
            structure.Return(scratch);
    }

    private void SearchGroup(int first, SearchScratch[] scratches)
    {
        int some = Math.Min(scratches.Length, count - first);
        int dimension = structure.Vectors.Codes.Dimension;
        for (int i = 0; i < some; i++)
            structure.Prepare(scratches[i], new ReadOnlySpan<float>(queries + (long)(first + i) * dimension, dimension));
        structure.Search(scratches.AsSpan(0, some), k, options);
        for (int i = 0; i < some; i++)
        {
            long start = (long)(first + i) * k;
            scratches[i].Write(structure.Vectors, new Span<int>(ids + start, k), new Span<float>(distances + start, k));
        }
    }
}

// Many queries over several threads. Pointers, because threads cannot capture spans; the caller pins what they point to.
namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class BatchSearch(IndexStructure structure, float* queries, int count, int k, int* ids, float* distances, SearchOptions? options)
{
    private int _next = -1;

    public void Run(CancellationToken cancellation)
    {
        int groups = (count + structure.QueriesAtOnce - 1) / structure.QueriesAtOnce;
        int threads = Math.Min(groups, options?.Threads is > 0 and int given ? given : Environment.ProcessorCount);
        if (threads <= 1)
            Work(groups, cancellation);
        else
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Work(groups, cancellation));
        cancellation.ThrowIfCancellationRequested();
    }

    private void Work(int groups, CancellationToken cancellation)
    {
        SearchScratch[] scratches = new SearchScratch[structure.QueriesAtOnce];
        for (int i = 0; i < scratches.Length; i++)
            scratches[i] = structure.Rent();
        try
        {
            for (int group = Interlocked.Increment(ref _next); group < groups && !cancellation.IsCancellationRequested; group = Interlocked.Increment(ref _next))
                SearchGroup(group * scratches.Length, scratches);
        }
        finally
        {
            foreach (SearchScratch scratch in scratches)
                structure.Return(scratch);
        }
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

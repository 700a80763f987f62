// What differs between the kinds of index: how candidates are found among the codes, and what must be kept up for that when vectors
// come and go. VectorIndex is the front that users see; it holds one structure, and compacting puts another in its place, so a
// search uses the one it began with from end to end.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The searchable state of an index. Searches run at any time; one thread at a time changes it.</summary>
internal abstract unsafe class IndexStructure(IndexVectors vectors, VectorIndexOptions options)
{
    private readonly Stack<SearchScratch> _idle = new();

    public IndexVectors Vectors { get; } = vectors;

    public VectorIndexOptions Options { get; } = options;

    public abstract AnnIndexKind Kind { get; }

    /// <summary>Bytes of memory besides the vectors.</summary>
    public abstract long MemoryBytes { get; }

    /// <summary>Queries of a batch that one thread takes at a time.</summary>
    public virtual int QueriesAtOnce => 1;

    /// <summary>Distances a search asks for at once, at most.</summary>
    protected virtual int BatchSize => 64;

    /// <summary>Whether searches keep account of the slots they have seen.</summary>
    protected virtual bool TracksVisited => false;

    protected VectorStore Codes => Vectors.Codes;

    /// <summary>Whether compacting changes anything.</summary>
    public virtual bool CanCompact => Vectors.Deleted.Count > 0;

    /// <summary>Makes room for more vectors, before they are there.</summary>
    public virtual void Reserve(int count) => Vectors.Reserve(count);

    /// <summary>Takes the vectors from slot <paramref name="first"/> on into the structure. They are in <see cref="Vectors"/>.</summary>
    public abstract void Insert(int first, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation);

    /// <summary>A structure of the same kind and parameters over the vectors of some slots.</summary>
    public abstract IndexStructure Compacted(int[] slots, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation);

    /// <summary>Adds a kind's own sections to the file.</summary>
    public abstract void AddSections(VectorIndexFileWriter file);

    /// <summary>Finds the k nearest to the prepared query of each search, one or several, and leaves them in its
    /// <see cref="SearchScratch.Found"/>.</summary>
    public void Search(ReadOnlySpan<SearchScratch> searches, int k, SearchOptions? options)
    {
        int seen = Vectors.Count;
        foreach (SearchScratch scratch in searches)
        {
            scratch.Filter.Set(Vectors, options);
            scratch.Seen = seen;
            scratch.HoldsGroups = false;
        }
        k = Math.Min(k, seen);
        Find(searches, Vectors.Rescoring is null ? k : Math.Min(Candidates(k, options), seen), options);
        foreach (SearchScratch scratch in searches)
        {
            if (Vectors.Rescoring is { } finer)
                Rescore(finer, scratch, k);
            if (scratch.HoldsGroups)
                ExpandGroups(scratch, k);
        }
    }

    /// <summary>Scratch with the query prepared.</summary>
    public SearchScratch Rent(ReadOnlySpan<float> query)
    {
        SearchScratch scratch = Rent();
        Prepare(scratch, query);
        return scratch;
    }

    public SearchScratch Rent()
    {
        SearchScratch? scratch;
        lock (_idle)
            _idle.TryPop(out scratch);
        scratch ??= NewScratch(Codes.QueryBytes, Vectors.Rescoring?.QueryBytes ?? 0);
        if (TracksVisited)
            scratch.Visited.Reserve(Vectors.Count);
        return scratch;
    }

    public void Prepare(SearchScratch scratch, ReadOnlySpan<float> query)
    {
        Codes.PrepareQuery(query, scratch.Query);
        Vectors.Rescoring?.PrepareQuery(query, scratch.FineQuery);
        scratch.Prepare(query);
    }

    public void Return(SearchScratch scratch)
    {
        scratch.Filter = default;
        lock (_idle)
            _idle.Push(scratch);
    }

    /// <summary>Scratch as searches of this kind need it.</summary>
    protected virtual SearchScratch NewScratch(int queryBytes, int fineQueryBytes) => new(queryBytes, fineQueryBytes, BatchSize);

    /// <summary>Finds the <paramref name="count"/> nearest by codes of each search among the first <see cref="SearchScratch.Seen"/> slots
    /// that its filter accepts.</summary>
    protected abstract void Find(ReadOnlySpan<SearchScratch> searches, int count, SearchOptions? options);

    /// <summary>Puts the k nearest vectors in the place of groups of equal ones, where <see cref="Find"/> found such.</summary>
    protected virtual void ExpandGroups(SearchScratch scratch, int k)
    {
    }

    /// <summary>How many candidates are found for rescoring.</summary>
    protected virtual int Candidates(int k, SearchOptions? options) =>
        Math.Max(k, options?.Rescore is > 0 and int given ? given : Math.Max(100, (int)Math.Min(10L * k, int.MaxValue)));

    /// <summary>Compares with every vector.</summary>
    protected void Scan(ReadOnlySpan<SearchScratch> searches, int count)
    {
        int slots = int.MaxValue;
        foreach (SearchScratch scratch in searches)
        {
            scratch.Nearest.Reset(count);
            slots = Math.Min(slots, scratch.Seen);
        }
        for (int first = 0; first < slots; first += BatchSize)
        {
            foreach (SearchScratch scratch in searches)
                ScanBlock(scratch, first, Math.Min(BatchSize, slots - first));
        }
        foreach (SearchScratch scratch in searches)
            scratch.Found = scratch.Nearest.Sorted();
    }

    /// <summary>Compares with the vectors that are allowed, where these are listed.</summary>
    protected void ScanAllowed(SearchScratch scratch, AllowList allowed, int count)
    {
        scratch.Nearest.Reset(count);
        int waiting = 0;
        foreach (int id in allowed.Ids)
        {
            int slot = Vectors.Ids.Slot(id);
            if ((uint)slot >= (uint)scratch.Seen || !scratch.Filter.Accepts(slot))
                continue;
            scratch.Ids[waiting++] = slot;
            if (waiting == scratch.Batch)
            {
                Compare(scratch, waiting);
                waiting = 0;
            }
        }
        Compare(scratch, waiting);
        scratch.Found = scratch.Nearest.Sorted();
    }

    /// <summary>Compares with the first <paramref name="count"/> slots in the scratch, which are known to be accepted.</summary>
    protected void Compare(SearchScratch scratch, int count)
    {
        Codes.Distances(scratch.Query, scratch.Ids, count, scratch.Distances);
        for (int i = 0; i < count; i++)
            scratch.Nearest.Add(NeighborKey.Create(scratch.Distances[i], scratch.Ids[i]));
    }

    /// <summary>Compares with consecutive slots and keeps those that the filter accepts.</summary>
    protected void ScanBlock(SearchScratch scratch, int first, int count)
    {
        Codes.DistancesInOrder(scratch.Query, first, count, scratch.Distances);
        if (!scratch.Filter.IsActive)
        {
            for (int i = 0; i < count; i++)
                scratch.Nearest.Add(NeighborKey.Create(scratch.Distances[i], first + i));
            return;
        }
        for (int i = 0; i < count; i++)
        {
            // What is too far anyway need not be asked about.
            ulong key = NeighborKey.Create(scratch.Distances[i], first + i);
            if (key < scratch.Nearest.Bound && scratch.Filter.Accepts(first + i))
                scratch.Nearest.Add(key);
        }
    }

    private static void Rescore(VectorStore finer, SearchScratch scratch, int k)
    {
        ReadOnlySpan<ulong> candidates = scratch.Found.Span;
        scratch.Rescored.Reset(k);
        for (int first = 0; first < candidates.Length; first += scratch.Batch)
        {
            int count = Math.Min(scratch.Batch, candidates.Length - first);
            for (int i = 0; i < count; i++)
                scratch.Ids[i] = NeighborKey.Id(candidates[first + i]);
            finer.Distances(scratch.FineQuery, scratch.Ids, count, scratch.Distances);
            for (int i = 0; i < count; i++)
                scratch.Rescored.Add(NeighborKey.Create(scratch.Distances[i], scratch.Ids[i]));
        }
        scratch.Found = scratch.Rescored.Sorted();
    }
}

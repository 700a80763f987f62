// The graph of an index together with its vectors: what is searched, added to and compacted.
namespace Microsoft.ML.Ternary.Ann;

internal sealed class HnswStructure : IndexStructure
{
    // A filtered search that has compared with this share of all vectors is better off going through the rest in order.
    private const int GiveUpShare = 4;

    // Distances a graph search computes for each candidate it keeps, roughly: measured at efSearch 20 to 200 and M = 16.
    private const int DistancesPerCandidate = 15;

    private readonly HnswGraph _graph;
    private readonly HnswOptions _options;
    private DuplicateVectors? _duplicates;
    private HnswBuilder? _builder;

    public HnswStructure(IndexVectors vectors, HnswGraph graph, DuplicateVectors? duplicates, HnswOptions options)
        : base(vectors, options)
    {
        _graph = graph;
        _options = options;
        _duplicates = duplicates;
    }

    public override AnnIndexKind Kind => AnnIndexKind.Hnsw;

    public HnswGraph Graph => _graph;

    public DuplicateVectors? Duplicates => Volatile.Read(ref _duplicates);

    public override long MemoryBytes => _graph.MemoryBytes + (Duplicates?.MemoryBytes ?? 0);

    protected override int BatchSize => Math.Max(base.BatchSize, 2 * _graph.M);

    protected override bool TracksVisited => true;

    /// <summary>Links vectors.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="finest">What distances between them are taken from: the most exact form there is.</param>
    /// <param name="options">Parameters.</param>
    /// <param name="progress">Hears how many are done.</param>
    /// <param name="cancellation">Stops the build.</param>
    public static HnswStructure Build(
        IndexVectors vectors, VectorStore finest, HnswOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        HnswGraph graph = new(options.M);
        HnswBuilder builder = new(graph, finest, DuplicateVectors.Find(finest), options);
        builder.Build(progress, cancellation);
        return new HnswStructure(vectors, graph, builder.Duplicates, options);
    }

    public override void Insert(int first, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        _builder ??= new HnswBuilder(_graph, Vectors.Finest, _duplicates, _options);
        try
        {
            _builder.Add(first, progress, cancellation);
        }
        finally
        {
            Volatile.Write(ref _duplicates, _builder.Duplicates);
        }
    }

    public override IndexStructure Compacted(int[] slots, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        IndexVectors kept = Vectors.Select(slots);
        return Build(kept, kept.Finest, _options, progress, cancellation);
    }

    public override void AddSections(VectorIndexFileWriter file) => HnswSections.Add(file, this);

    protected override int Candidates(int k, SearchOptions? options) =>
        Math.Max(k, options?.Rescore is > 0 and int given ? given : Ef(k, options));

    protected override void Find(ReadOnlySpan<SearchScratch> searches, int count, SearchOptions? options)
    {
        int ef = Math.Max(count, Ef(1, options));
        foreach (SearchScratch scratch in searches)
        {
            if (ef >= Nodes || !(scratch.Filter.IsActive ? FindAccepted(scratch, count, ef) : FindInGraph(scratch, count, ef)))
                ScanAll(scratch, count);
        }
    }

    // Nodes stand for all vectors that equal theirs.
    protected override void ExpandGroups(SearchScratch scratch, int k)
    {
        DuplicateVectors duplicates = Duplicates!;
        NearestKeys nearest = scratch.Nearest;
        nearest.Reset(k);
        foreach (ulong key in scratch.Found.Span)
        {
            float distance = NeighborKey.Distance(key);
            for (int slot = NeighborKey.Id(key); slot != DuplicateVectors.None && slot < scratch.Seen && NeighborKey.Create(distance, slot) < nearest.Bound; slot = duplicates.Next(slot))
            {
                if (scratch.Filter.Accepts(slot))
                    nearest.Add(NeighborKey.Create(distance, slot));
            }
        }
        scratch.Found = nearest.Sorted();
    }

    private int Nodes => Vectors.Count - (Duplicates?.Count ?? 0);

    private int Ef(int k, SearchOptions? options) => Math.Max(k, options?.EfSearch is > 0 and int given ? given : _options.EfSearch);

    private unsafe bool FindInGraph(SearchScratch scratch, int count, int ef)
    {
        HnswSearcher searcher = new(_graph, Codes);
        int entry = searcher.Descend(scratch.Query, 0, scratch);
        searcher.SearchLevel(scratch.Query, entry, 0, ef, scratch);
        return TakeFound(scratch, count);
    }

    private unsafe bool FindAccepted(SearchScratch scratch, int count, int ef)
    {
        // With a share s of the vectors allowed, the graph search meets about ef / s candidates, and going through the allowed ones
        // takes s N distances.
        double allowed = scratch.Filter.Allowed?.Count ?? scratch.Seen;
        if (scratch.Filter.Allowed is { } list && allowed * allowed <= (double)DistancesPerCandidate * ef * scratch.Seen)
        {
            ScanAllowed(scratch, list, count);
            return true;
        }
        HnswSearcher searcher = new(_graph, Codes);
        int entry = searcher.Descend(scratch.Query, 0, scratch);
        long most = Math.Max(scratch.Seen / GiveUpShare, (long)DistancesPerCandidate * ef);
        return searcher.TrySearchAccepted(scratch.Query, entry, ef, scratch, most, Duplicates) && TakeFound(scratch, count);
    }

    private bool TakeFound(SearchScratch scratch, int count)
    {
        if (scratch.Pool.Count < count)
            return false;
        scratch.Found = scratch.Pool.Nearest(count);
        scratch.HoldsGroups = Duplicates is not null;
        return true;
    }

    private void ScanAll(SearchScratch scratch, int count)
    {
        if (scratch.Filter.Allowed is { } allowed && allowed.Count < scratch.Seen / 2)
            ScanAllowed(scratch, allowed, count);
        else
            Scan(new ReadOnlySpan<SearchScratch>(in scratch), count);
    }
}

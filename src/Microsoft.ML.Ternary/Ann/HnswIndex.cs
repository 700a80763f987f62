// Approximate search by a hierarchical navigable small-world graph, the structure that leads published comparisons for vectors in
// memory. This type ties graph, store and duplicates together; the work is in HnswBuilder and HnswSearcher.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An approximate index: a hierarchical navigable small-world graph (Malkov and Yashunin, arXiv:1603.09320).</summary>
/// <remarks>Equal vectors share one node of the graph, so that any number of copies costs no recall. A search that asks for about
/// as many candidates as there are vectors, or that finds fewer than k in the graph, compares with every vector instead: k
/// neighbours come back in any case.</remarks>
public sealed unsafe class HnswIndex : VectorIndex
{
    // Null from opening a file to the first use.
    private HnswGraph? _graph;
    private DuplicateVectors? _duplicates;

    internal HnswIndex(VectorStore store, HnswGraph graph, DuplicateVectors? duplicates, HnswOptions options)
        : base(store)
    {
        _graph = graph;
        _duplicates = duplicates;
        Options = options;
    }

    /// <summary>An index whose structure is read from a file later: see <see cref="VectorIndex.ReadStructure"/>.</summary>
    internal HnswIndex(VectorStore store, HnswOptions options)
        : base(store) => Options = options;

    /// <inheritdoc/>
    public override AnnIndexKind Kind => AnnIndexKind.Hnsw;

    /// <summary>The parameters the index was built with.</summary>
    public HnswOptions Options { get; }

    /// <inheritdoc/>
    public override long MemoryBytes => base.MemoryBytes + (_graph is null
        ? HnswSections.MemoryBytes(File!)
        : _graph.Bytes + (_duplicates is null ? 0 : (long)Count * (sizeof(int) + 1)));

    internal HnswGraph Graph => _graph ?? throw new InvalidOperationException("The index was opened from a file and not used yet.");

    private int Nodes => _duplicates?.UniqueCount ?? Count;

    private protected override int BatchSize => Math.Max(base.BatchSize, 2 * Options.M);

    private protected override int VisitedSize => Count;

    /// <summary>Builds an index of vectors that lie one after the other.</summary>
    /// <param name="vectors">The components, a whole number of vectors; copied.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="options">Parameters, or null for the defaults.</param>
    /// <param name="progress">Hears how many vectors are done, now and then, on a building thread.</param>
    /// <param name="cancellation">Stops the build.</param>
    /// <exception cref="ArgumentException">There is no vector, a length is wrong, a vector holds NaN or infinity, or one is all zeros
    /// under cosine.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static HnswIndex Build(
        ReadOnlySpan<float> vectors,
        int dimension,
        HnswOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new HnswOptions();
        options.Validate();
        return Build(VectorStoreFactory.Create(vectors, dimension, options.Metric), options, progress, cancellation);
    }

    /// <summary>Builds an index of vectors that come one by one.</summary>
    /// <inheritdoc cref="Build(ReadOnlySpan{float}, int, HnswOptions?, IProgress{IndexBuildProgress}?, CancellationToken)"/>
    public static HnswIndex Build(
        IEnumerable<float[]> vectors,
        HnswOptions? options = null,
        IProgress<IndexBuildProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new HnswOptions();
        options.Validate();
        return Build(VectorStoreFactory.Create(vectors, options.Metric, cancellation), options, progress, cancellation);
    }

    internal static HnswIndex Build(VectorStore store, HnswOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        options.Validate();
        DuplicateVectors? duplicates = DuplicateVectors.Find(store);
        HnswGraph graph = HnswBuilder.Build(store, duplicates, options, progress, cancellation);
        return new HnswIndex(store, graph, duplicates, options);
    }

    internal override void AddSections(VectorIndexFileWriter file) => HnswSections.Add(file, this, Graph, _duplicates);

    private protected override void ReadStructure(VectorIndexFileReader file) => (_graph, _duplicates) = HnswSections.ReadGraph(file, Store, Options.M);

    private protected override void Find(ReadOnlySpan<SearchScratch> searches, int k, SearchOptions? options)
    {
        int ef = Math.Max(k, options?.EfSearch is > 0 and int given ? given : Options.EfSearch);
        if (ef >= Nodes || !FindInGraph(searches, k, ef))
            Scan(searches, k);
    }

    private bool FindInGraph(ReadOnlySpan<SearchScratch> searches, int k, int ef)
    {
        HnswSearcher searcher = new(Graph, Store);
        foreach (SearchScratch scratch in searches)
        {
            int entry = searcher.Descend(scratch.Query, 0, scratch);
            searcher.SearchLevel(scratch.Query, entry, 0, ef, scratch);
            scratch.Found = _duplicates is null ? scratch.Pool.Nearest(Math.Min(k, scratch.Pool.Count)) : WithDuplicates(scratch, k);
            if (scratch.Found.Length < k)
                return false;
        }
        return true;
    }

    private ReadOnlyMemory<ulong> WithDuplicates(SearchScratch scratch, int k)
    {
        NearestKeys nearest = scratch.Nearest;
        nearest.Reset(k);
        foreach (ulong key in scratch.Pool.Sorted)
        {
            for (int id = NeighborKey.Id(key); id != DuplicateVectors.None && NeighborKey.Create(NeighborKey.Distance(key), id) < nearest.Bound; id = _duplicates!.Next[id])
                nearest.Add(NeighborKey.Create(NeighborKey.Distance(key), id));
        }
        return nearest.Sorted();
    }
}

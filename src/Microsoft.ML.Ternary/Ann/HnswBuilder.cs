// Builds the graph, after the paper: each node gets a random level, is searched for from the top, and is linked on each of its
// levels to neighbours that lie in different directions (algorithm 4), which link back. Levels are a function of seed and number,
// and the first node in is one of the highest, so that the entry never changes; threads then share nothing but the lists of links.
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class HnswBuilder
{
    // Often enough for a progress bar and for a cancellation that comes through it, seldom enough to cost nothing.
    private const int ReportEvery = 256;

    private readonly VectorStore _store;
    private readonly HnswOptions _options;
    private readonly DuplicateVectors? _duplicates;
    private readonly IProgress<IndexBuildProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly HnswGraph _graph;
    private readonly HnswLocks? _locks;
    private readonly Lock _reporting = new();
    private readonly HnswSearcher _searcher;
    private int _next = -1;
    private int _done;
    private Exception? _failure;

    private HnswBuilder(VectorStore store, DuplicateVectors? duplicates, HnswOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        _store = store;
        _duplicates = duplicates;
        _options = options;
        _progress = progress;
        _cancellation = cancellation;
        byte[] levels = DrawLevels(out int entry);
        _graph = new HnswGraph(levels, options.M, entry);
        Threads = Math.Clamp(options.Threads == 0 ? Environment.ProcessorCount : options.Threads, 1, Math.Max(1, store.Count / ReportEvery));
        _locks = Threads > 1 ? new HnswLocks() : null;
        _searcher = new HnswSearcher(_graph, store, _locks);
    }

    private int Threads { get; }

    /// <summary>Links all vectors of a store that are not duplicates.</summary>
    public static HnswGraph Build(
        VectorStore store, DuplicateVectors? duplicates, HnswOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        HnswBuilder builder = new(store, duplicates, options, progress, cancellation);
        builder.Run();
        return builder._graph;
    }

    // floor(-ln(u) / ln(M)) with u uniform in (0, 1]: each level holds 1/M of the nodes of the one below. A duplicate has no links.
    private byte[] DrawLevels(out int entry)
    {
        byte[] levels = new byte[_store.Count];
        double scale = 1 / Math.Log(_options.M);
        entry = 0;
        for (int id = 0; id < levels.Length; id++)
        {
            if (IsDuplicate(id))
                continue;
            levels[id] = (byte)(-Math.Log(Uniform(_options.Seed, id)) * scale);
            if (levels[id] > levels[entry])
                entry = id;
        }
        return levels;
    }

    // SplitMix64 (Steele, Lea and Flood, 2014): every id has its own number, in whatever order nodes are made.
    private static double Uniform(int seed, int id)
    {
        ulong z = ((ulong)(uint)seed << 32 | (uint)id) + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return ((z >> 11) + 1) * (1.0 / (1UL << 53));
    }

    private bool IsDuplicate(int id) => _duplicates is not null && _duplicates.IsDuplicate[id];

    private void Run()
    {
        if (Threads == 1)
            Work();
        else
            Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ => WorkOrRemember());
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
        _cancellation.ThrowIfCancellationRequested();
        new HnswRepair(_graph, _store, _options.EfConstruction, new Scratch(_store, _graph).Search).Run(id => !IsDuplicate(id));
        _progress?.Report(new IndexBuildProgress(_store.Count, _store.Count));
    }

    private void WorkOrRemember()
    {
        try
        {
            Work();
        }
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
        }
    }

    private void Work()
    {
        Scratch scratch = new(_store, _graph);
        for (int id = Interlocked.Increment(ref _next); id < _store.Count; id = Interlocked.Increment(ref _next))
        {
            if (_cancellation.IsCancellationRequested || _failure is not null)
                return;
            if (id != _graph.Entry && !IsDuplicate(id))
                Insert(id, scratch);
            int done = Interlocked.Increment(ref _done);
            if (_progress is not null && done % ReportEvery == 0)
                Report(done);
        }
    }

    // One report at a time: what listens need not be thread-safe.
    private void Report(int done)
    {
        lock (_reporting)
            _progress!.Report(new IndexBuildProgress(done, _store.Count));
    }

    private void Insert(int id, Scratch scratch)
    {
        byte* query = _store.StoredAsQuery(id, scratch.Search.Query);
        int top = _graph.Levels[id];
        int nearest = _searcher.Descend(query, top, scratch.Search);
        for (int level = Math.Min(top, _graph.MaxLevel); level >= 0; level--)
        {
            _searcher.SearchLevel(query, nearest, level, _options.EfConstruction, scratch.Search, id);
            ReadOnlySpan<ulong> found = scratch.Search.Pool.Sorted;
            nearest = NeighborKey.Id(found[0]);
            int count = SelectNeighbors(found, _options.M, scratch.Chosen, scratch);
            WriteOwnLinks(id, level, scratch, count);
            for (int i = 0; i < count; i++)
                LinkBack(scratch.Chosen[i], id, level, scratch);
        }
    }

    // Algorithm 4: of the candidates, nearest first, keep those that are nearer to the node than to any candidate kept before. It
    // leaves links out that another link makes superfluous and keeps the ones that lead out of a cluster.
    private int SelectNeighbors(ReadOnlySpan<ulong> candidates, int most, int* chosen, Scratch scratch)
    {
        int count = 0;
        foreach (ulong candidate in candidates)
        {
            if (count == most)
                break;
            int id = NeighborKey.Id(candidate);
            byte* query = _store.StoredAsQuery(id, scratch.Search.Decoded);
            if (IsNearerThan(NeighborKey.Distance(candidate), query, chosen, count, scratch.Distances))
                chosen[count++] = id;
        }
        return count;
    }

    private bool IsNearerThan(float distance, byte* query, int* chosen, int count, float* distances)
    {
        for (int first = 0; first < count; first += 4)
        {
            int some = Math.Min(4, count - first);
            _store.Distances(query, chosen + first, some, distances);
            for (int i = 0; i < some; i++)
            {
                if (distances[i] < distance)
                    return false;
            }
        }
        return true;
    }

    // While several threads build, another node may have linked to this one on this level already: its link stays if there is room.
    private void WriteOwnLinks(int id, int level, Scratch scratch, int count)
    {
        _locks?.Enter(id);
        int* links = _graph.Links(id, level);
        int capacity = _graph.Capacity(level);
        int written = count;
        for (int i = 0; i < count; i++)
            scratch.Links[i] = scratch.Chosen[i];
        for (int i = 0; i < capacity && links[i] != HnswGraph.None && written < capacity; i++)
        {
            if (!new ReadOnlySpan<int>(scratch.Links, count).Contains(links[i]))
                scratch.Links[written++] = links[i];
        }
        WriteList(links, capacity, scratch.Links, written);
        _locks?.Exit(id);
    }

    private void LinkBack(int from, int to, int level, Scratch scratch)
    {
        _locks?.Enter(from);
        int* links = _graph.Links(from, level);
        int capacity = _graph.Capacity(level);
        int end = new ReadOnlySpan<int>(links, capacity).IndexOf(HnswGraph.None);
        int count = end < 0 ? capacity : end;
        bool isLinked = _locks is not null && new ReadOnlySpan<int>(links, count).Contains(to);
        if (!isLinked && count < capacity)
            links[count] = to;
        else if (!isLinked)
            ChooseAnew(from, links, capacity, to, scratch);
        _locks?.Exit(from);
    }

    // The list is full: its links and the new one compete.
    private void ChooseAnew(int id, int* links, int capacity, int added, Scratch scratch)
    {
        int* candidates = scratch.Links;
        new ReadOnlySpan<int>(links, capacity).CopyTo(new Span<int>(candidates, capacity));
        candidates[capacity] = added;
        byte* query = _store.StoredAsQuery(id, scratch.Search.Decoded);
        _store.Distances(query, candidates, capacity + 1, scratch.Distances);
        Span<ulong> keys = scratch.Keys.AsSpan(0, capacity + 1);
        for (int i = 0; i <= capacity; i++)
            keys[i] = NeighborKey.Create(scratch.Distances[i], candidates[i]);
        keys.Sort();
        int count = SelectNeighbors(keys, capacity, candidates, scratch);
        WriteList(links, capacity, candidates, count);
    }

    private static void WriteList(int* links, int capacity, int* from, int count)
    {
        new ReadOnlySpan<int>(from, count).CopyTo(new Span<int>(links, count));
        new Span<int>(links + count, capacity - count).Fill(HnswGraph.None);
    }

    // What one building thread needs.
    private sealed class Scratch
    {
        private readonly int[] _ids;
        private readonly float[] _distances;

        public Scratch(VectorStore store, HnswGraph graph)
        {
            int capacity = 2 * graph.M + 1;
            Search = new SearchScratch(store.QueryBytes, store.Count, capacity);
            _ids = GC.AllocateUninitializedArray<int>(2 * capacity, pinned: true);
            _distances = GC.AllocateUninitializedArray<float>(capacity, pinned: true);
            Chosen = (int*)Marshal.UnsafeAddrOfPinnedArrayElement(_ids, 0);
            Links = Chosen + capacity;
            Distances = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(_distances, 0);
            Keys = new ulong[capacity];
        }

        public SearchScratch Search { get; }

        // The new node's own neighbours.
        public int* Chosen { get; }

        // A list that is being made.
        public int* Links { get; }

        public float* Distances { get; }

        public ulong[] Keys { get; }
    }
}

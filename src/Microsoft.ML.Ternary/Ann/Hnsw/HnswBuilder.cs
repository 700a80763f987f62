// Builds the graph, after the paper: each node gets a random level, is searched for from the top, and is linked on each of its
// levels to neighbours that lie in different directions (algorithm 4), which link back. Levels are a function of seed and slot. A
// node's own lists are all written before the first link leads to it, and links lead to it from the bottom up, so that a search
// that comes upon it while it is being linked can go on from it.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class HnswBuilder
{
    // Often enough for a progress bar and for a cancellation that comes through it, seldom enough to cost nothing.
    private const int ReportEvery = 256;

    // Levels of a node at most: 2^-53 is the smallest number drawn, and M is at least 2.
    private const int MaxLevels = 54;

    private readonly HnswGraph _graph;
    private readonly VectorStore _store;
    private readonly HnswOptions _options;
    private readonly HnswLocks _locks = new();
    private readonly Lock _chaining = new();
    private readonly Lock _reporting = new();
    private readonly HnswSearcher _searcher;
    private readonly Stack<Scratch> _scratches = new();
    private bool _isShared;
    private int _addedSinceRepair;

    /// <summary>Creates a builder.</summary>
    /// <param name="graph">The graph to add nodes to.</param>
    /// <param name="store">What distances between vectors are taken from.</param>
    /// <param name="duplicates">Vectors that equal another, or null.</param>
    /// <param name="options">Parameters.</param>
    public HnswBuilder(HnswGraph graph, VectorStore store, DuplicateVectors? duplicates, HnswOptions options)
    {
        _graph = graph;
        _store = store;
        _options = options;
        _searcher = new HnswSearcher(graph, store);
        Duplicates = duplicates;
    }

    /// <summary>Vectors that equal another: grows as vectors are added.</summary>
    public DuplicateVectors? Duplicates { get; private set; }

    /// <summary>Links all vectors of the store.</summary>
    public void Build(IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        byte[] levels = DrawLevels(0, _store.Count);
        _graph.Add(levels);
        _graph.Entry = Highest(levels);
        InsertAll(0, new HashSet<int> { _graph.Entry }, progress, cancellation);
        Repair();
        progress?.Report(new IndexBuildProgress(_store.Count, _store.Count));
    }

    /// <summary>Links the vectors from slot <paramref name="first"/> on, for which the graph has no nodes yet.</summary>
    public void Add(int first, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        byte[] levels = DrawLevels(first, _store.Count - first);
        _graph.Add(levels);
        InsertAll(first, RaiseEntry(first, levels), progress, cancellation);
        // Going through the whole graph costs as much as adding a share of it.
        _addedSinceRepair += levels.Length;
        if (_addedSinceRepair > _graph.Count / 8)
            Repair();
        progress?.Report(new IndexBuildProgress(levels.Length, levels.Length));
    }

    // Nodes that reach higher than the entry come before the others, the highest first: the first that is no copy of another becomes
    // the entry. Returns those that are in.
    private HashSet<int> RaiseEntry(int first, byte[] levels)
    {
        HashSet<int> inserted = [];
        int top = _graph.Level(_graph.Entry);
        int[] higher = [.. Enumerable.Range(0, levels.Length).Where(i => levels[i] > top).OrderByDescending(i => levels[i]).Select(i => first + i)];
        if (higher.Length == 0)
            return inserted;
        Scratch scratch = Rent();
        foreach (int slot in higher)
        {
            inserted.Add(slot);
            if (!Insert(slot, scratch, mayEqual: true))
                continue;
            _graph.Entry = slot;
            break;
        }
        Return(scratch);
        return inserted;
    }

    // floor(-ln(u) / ln(M)) with u uniform in (0, 1]: each level holds 1/M of the nodes of the one below. A duplicate has no links.
    private byte[] DrawLevels(int first, int count)
    {
        byte[] levels = new byte[count];
        double scale = 1 / Math.Log(_options.M);
        for (int i = 0; i < count; i++)
        {
            if (!IsDuplicate(first + i))
                levels[i] = (byte)(-Math.Log(Uniform(_options.Seed, first + i)) * scale);
        }
        return levels;
    }

    private static int Highest(byte[] levels)
    {
        int highest = 0;
        for (int i = 1; i < levels.Length; i++)
        {
            if (levels[i] > levels[highest])
                highest = i;
        }
        return highest;
    }

    // SplitMix64 (Steele, Lea and Flood, 2014): every slot has its own number, in whatever order nodes are made.
    private static double Uniform(int seed, int slot)
    {
        ulong z = ((ulong)(uint)seed << 32 | (uint)slot) + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return ((z >> 11) + 1) * (1.0 / (1UL << 53));
    }

    private bool IsDuplicate(int slot) => Duplicates is not null && Duplicates.Contains(slot);

    private void InsertAll(int first, HashSet<int> inserted, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        int total = _store.Count - first, done = 0;
        int threads = Math.Clamp(_options.ThreadCount, 1, Math.Max(1, total / ReportEvery));
        _isShared = threads > 1;
        Blocks.Run(total, threads, Rent, (block, scratch) =>
        {
            cancellation.ThrowIfCancellationRequested();
            int slot = first + block;
            if (!IsDuplicate(slot) && !inserted.Contains(slot))
                Insert(slot, scratch, mayEqual: first > 0);
            int now = Interlocked.Increment(ref done);
            if (progress is not null && now % ReportEvery == 0)
                Report(progress, now, total);
        }, Return);
        cancellation.ThrowIfCancellationRequested();
    }

    // One report at a time: what listens need not be thread-safe.
    private void Report(IProgress<IndexBuildProgress> progress, int done, int total)
    {
        lock (_reporting)
            progress.Report(new IndexBuildProgress(done, total));
    }

    // False if the vector turns out to equal a node's: it then hangs on that node.
    private bool Insert(int slot, Scratch scratch, bool mayEqual)
    {
        byte* query = _store.StoredAsQuery(slot, scratch.Search.Query);
        int top = Math.Min(_graph.Level(slot), _graph.Level(_graph.Entry));
        int nearest = _searcher.Descend(query, _graph.Level(slot), scratch.Search);
        for (int level = top; level >= 0; level--)
        {
            _searcher.SearchLevel(query, nearest, level, _options.EfConstruction, scratch.Search, slot);
            ReadOnlySpan<ulong> found = scratch.Search.Pool.Sorted;
            if (level == 0 && mayEqual && HangsOnEqual(slot, query, found, scratch))
                return false;
            nearest = NeighborKey.Id(found[0]);
            scratch.ChosenCounts[level] = SelectNeighbors(found, _options.M, scratch.Chosen(level), scratch);
        }
        for (int level = top; level >= 0; level--)
            WriteList(_graph.Links(slot, level), _graph.Capacity(level), scratch.Chosen(level), scratch.ChosenCounts[level]);
        for (int level = 0; level <= top; level++)
        {
            for (int i = 0; i < scratch.ChosenCounts[level]; i++)
                LinkBack(scratch.Chosen(level)[i], slot, level, scratch);
        }
        return true;
    }

    // Equal vectors have the distance to the new one that it has to itself, so only those few are compared byte by byte.
    private bool HangsOnEqual(int slot, byte* query, ReadOnlySpan<ulong> found, Scratch scratch)
    {
        scratch.Search.Ids[0] = slot;
        _store.Distances(query, scratch.Search.Ids, 1, scratch.Search.Distances);
        float toItself = scratch.Search.Distances[0];
        ReadOnlySpan<byte> row = new(_store.Rows + (long)slot * _store.RowBytes, _store.RowBytes);
        foreach (ulong key in found)
        {
            int node = NeighborKey.Id(key);
            if (NeighborKey.Distance(key) != toItself || !row.SequenceEqual(new ReadOnlySpan<byte>(_store.Rows + (long)node * _store.RowBytes, _store.RowBytes)))
                continue;
            lock (_chaining)
            {
                // Chains ascend, which slots taken by several threads do not; such a vector becomes a node of its own.
                Duplicates ??= new DuplicateVectors([]);
                return Duplicates.TryAdd(node, slot);
            }
        }
        return false;
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
            int node = NeighborKey.Id(candidate);
            byte* query = _store.StoredAsQuery(node, scratch.Search.FineQuery);
            if (IsNearerThan(NeighborKey.Distance(candidate), query, chosen, count, scratch.Distances))
                chosen[count++] = node;
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

    private void LinkBack(int from, int to, int level, Scratch scratch)
    {
        if (_isShared)
            _locks.Enter(from);
        int* links = _graph.Links(from, level);
        int capacity = _graph.Capacity(level);
        int end = new ReadOnlySpan<int>(links, capacity).IndexOf(HnswGraph.None);
        int count = end < 0 ? capacity : end;
        bool isLinked = _isShared && new ReadOnlySpan<int>(links, count).Contains(to);
        if (!isLinked && count < capacity)
            Volatile.Write(ref links[count], to);
        else if (!isLinked)
            ChooseAnew(from, links, capacity, to, scratch);
        if (_isShared)
            _locks.Exit(from);
    }

    // The list is full: its links and the new one compete.
    private void ChooseAnew(int node, int* links, int capacity, int added, Scratch scratch)
    {
        int* candidates = scratch.Links;
        new ReadOnlySpan<int>(links, capacity).CopyTo(new Span<int>(candidates, capacity));
        candidates[capacity] = added;
        byte* query = _store.StoredAsQuery(node, scratch.Search.FineQuery);
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
        for (int i = 0; i < count; i++)
            Volatile.Write(ref links[i], from[i]);
        for (int i = count; i < capacity; i++)
            Volatile.Write(ref links[i], HnswGraph.None);
    }

    private void Repair()
    {
        Scratch scratch = Rent();
        new HnswRepair(_graph, _store, _options.EfConstruction, scratch.Search).Run(slot => !IsDuplicate(slot));
        Return(scratch);
        _addedSinceRepair = 0;
    }

    private Scratch Rent()
    {
        Scratch? scratch;
        lock (_scratches)
            _scratches.TryPop(out scratch);
        scratch ??= new Scratch(_store, _graph.M);
        scratch.Search.Visited.Reserve(_graph.Count);
        return scratch;
    }

    private void Return(Scratch scratch)
    {
        lock (_scratches)
            _scratches.Push(scratch);
    }

    // What one building thread needs.
    private sealed class Scratch
    {
        private readonly int[] _ids;
        private readonly float[] _distances;
        private readonly int* _chosen;
        private readonly int _m;

        public Scratch(VectorStore store, int m)
        {
            int capacity = 2 * m + 1;
            _m = m;
            Search = new SearchScratch(store.QueryBytes, store.QueryBytes, Math.Max(64, capacity));
            _ids = GC.AllocateUninitializedArray<int>(capacity + MaxLevels * m, pinned: true);
            _distances = GC.AllocateUninitializedArray<float>(capacity, pinned: true);
            Links = (int*)Marshal.UnsafeAddrOfPinnedArrayElement(_ids, 0);
            _chosen = Links + capacity;
            Distances = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(_distances, 0);
            Keys = new ulong[capacity];
        }

        public SearchScratch Search { get; }

        public int[] ChosenCounts { get; } = new int[MaxLevels];

        // A list that is being made.
        public int* Links { get; }

        public float* Distances { get; }

        public ulong[] Keys { get; }

        // The new node's own neighbours on a level.
        public int* Chosen(int level) => _chosen + level * _m;
    }
}

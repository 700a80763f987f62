// Hash tables over random hyperplanes: near vectors are often on the same side of all of a table's planes, and then in one bucket. A
// search looks into the buckets that are most likely to hold neighbours (ProbeSequence) and compares with what it meets there, once.
namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class LshStructure : IndexStructure
{
    // A search that has met this share of all vectors is better off going through them in order.
    private const int GiveUpShare = 4;

    // How many times the buckets asked for are looked into for want of vectors, before all vectors are gone through.
    private const int MoreProbes = 64;

    private readonly LshOptions _options;
    private readonly Hyperplanes _planes;
    private readonly InvertedLists[] _tables;

    public LshStructure(IndexVectors vectors, Hyperplanes planes, InvertedLists[] tables, LshOptions options)
        : base(vectors, options)
    {
        _options = options;
        _planes = planes;
        _tables = tables;
    }

    public override AnnIndexKind Kind => AnnIndexKind.Lsh;

    public Hyperplanes Planes => _planes;

    /// <summary>The buckets of each table.</summary>
    public ReadOnlySpan<InvertedLists> Tables => _tables;

    public override bool CanCompact => base.CanCompact || _tables[0].Added > 0;

    public override long MemoryBytes
    {
        get
        {
            long bytes = _planes.MemoryBytes;
            foreach (InvertedLists table in _tables)
                bytes += table.MemoryBytes;
            return bytes;
        }
    }

    protected override bool TracksVisited => true;

    /// <summary>Hashes vectors.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="finest">What they are hashed by: the most exact form there is.</param>
    /// <param name="options">Parameters.</param>
    /// <param name="progress">Hears how many are done.</param>
    /// <param name="cancellation">Stops the build.</param>
    public static LshStructure Build(
        IndexVectors vectors, VectorStore finest, LshOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        int count = finest.Count, buckets = 1 << options.BucketBitsFor(count);
        Hyperplanes planes = Hyperplanes.Draw(finest, options.Tables, options.BitsFor(count), options.Seed);
        BuildPasses passes = new(progress, count, count, cancellation);
        int[][] codes = Hash(planes, finest, 0, buckets, options, passes);
        InvertedLists[] tables = Array.ConvertAll(codes, bucketOf =>
        {
            int[] starts = Grouping.Starts(bucketOf, buckets);
            return new InvertedLists(starts, Grouping.Members(bucketOf, starts));
        });
        passes.End();
        return new LshStructure(vectors, planes, tables, options);
    }

    public override void Reserve(int count)
    {
        base.Reserve(count);
        foreach (InvertedLists table in _tables)
            table.Reserve(count);
    }

    public override void Insert(int first, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        int count = Vectors.Count - first;
        BuildPasses passes = new(progress, count, count, cancellation);
        int[][]? buckets = null;
        try
        {
            buckets = Hash(_planes, Vectors.Finest, first, _tables[0].Count, _options, passes);
        }
        finally
        {
            // The slots are taken in any case, if only by vectors that are about to be deleted.
            for (int table = 0; table < _tables.Length; table++)
            {
                for (int i = 0; i < count; i++)
                    _tables[table].Add(buckets is null ? -1 : buckets[table][i]);
            }
        }
        passes.End();
    }

    public override IndexStructure Compacted(int[] slots, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        IndexVectors kept = Vectors.Select(slots);
        return Build(kept, kept.Finest, _options, progress, cancellation);
    }

    public override void AddSections(VectorIndexFileWriter file) => LshSections.Add(file, this);

    protected override SearchScratch NewScratch(int queryBytes, int fineQueryBytes) => new LshScratch(queryBytes, fineQueryBytes, BatchSize, _planes);

    protected override void Find(ReadOnlySpan<SearchScratch> searches, int count, SearchOptions? options)
    {
        long probes = _tables.Length * (long)(options?.NProbe is > 0 and int given ? given : _options.Probes);
        foreach (SearchScratch scratch in searches)
        {
            if (scratch.Filter.Allowed is { } allowed && allowed.Count <= probes * (double)scratch.Seen / _tables[0].Count)
                ScanAllowed(scratch, allowed, count);
            else if (!Probe((LshScratch)scratch, count, probes))
                ScanAll(scratch, count);
        }
    }

    // False if it is better to go through all vectors, the buckets near the query holding too few that are accepted.
    private bool Probe(LshScratch scratch, int count, long probes)
    {
        Tally tally = default;
        long wanted = count;
        scratch.Nearest.Reset(count);
        scratch.Visited.Clear();
        for (long probe = 0; probe < probes || tally.Accepted < wanted; probe++)
        {
            // The accepted vectors are those of a smaller index, thinly spread over the buckets: as many of them must be compared as
            // a search without a filter compares, or it would find fewer of the true neighbours.
            if (probe == probes && scratch.Filter.IsChosen)
                wanted = Math.Max(count, tally.Met);
            if (!scratch.Probes.Next(out int table, out int code))
                break;
            if (probe >= probes && (tally.Met > scratch.Seen / GiveUpShare || probe >= MoreProbes * probes))
                return false;
            Look(scratch, _tables[table], code & (_tables[table].Count - 1), ref tally);
        }
        Compare(scratch, tally.Waiting);
        scratch.Found = scratch.Nearest.Sorted();
        return tally.Accepted >= count;
    }

    private void Look(LshScratch scratch, InvertedLists table, int bucket, ref Tally tally)
    {
        foreach (int slot in table.BuiltMembers(bucket))
            Meet(scratch, slot, ref tally);
        if (table.Added == 0)
            return;
        for (InvertedLists.Chain chain = table.AddedMembers(bucket); chain.MoveNext();)
            Meet(scratch, chain.Current, ref tally);
    }

    private void Meet(LshScratch scratch, int slot, ref Tally tally)
    {
        if (slot >= scratch.Seen || !scratch.Visited.Add(slot))
            return;
        tally.Met++;
        // Asked before the distance is computed: it costs less, and most searches have nothing to ask.
        if (scratch.Filter.IsActive && !scratch.Filter.Accepts(slot))
            return;
        tally.Accepted++;
        scratch.Ids[tally.Waiting++] = slot;
        if (tally.Waiting < scratch.Batch)
            return;
        Compare(scratch, tally.Waiting);
        tally.Waiting = 0;
    }

    private void ScanAll(SearchScratch scratch, int count)
    {
        if (scratch.Filter.Allowed is { } allowed)
            ScanAllowed(scratch, allowed, count);
        else
            Scan(new ReadOnlySpan<SearchScratch>(in scratch), count);
    }

    // The bucket of each vector from a slot on, table by table.
    private static int[][] Hash(Hyperplanes planes, VectorStore vectors, int first, int buckets, LshOptions options, BuildPasses passes)
    {
        int[][] codes = new int[planes.Tables][];
        for (int table = 0; table < codes.Length; table++)
            codes[table] = new int[vectors.Count - first];
        planes.Hash(vectors, first, codes, options.ThreadCount, passes);
        foreach (int[] table in codes)
        {
            for (int i = 0; i < table.Length; i++)
                table[i] &= buckets - 1;
        }
        return codes;
    }

    // Vectors that a search met, those of them that were accepted, and those of these that wait in the scratch to be compared.
    private record struct Tally(int Met, int Accepted, int Waiting);
}

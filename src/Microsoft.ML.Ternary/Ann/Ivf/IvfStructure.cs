// An inverted file: centroids, and for each the list of the vectors nearest to it. A search looks into the lists whose centroids are
// nearest to the query. Slots are in the order of the lists, so that a list is one run of memory; see InvertedLists for what is added.
namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class IvfStructure : IndexStructure
{
    private readonly IvfOptions _options;
    private readonly Float32VectorStore _centroids;
    private readonly InvertedLists _lists;
    private NearestCentroids? _assigner;

    public IvfStructure(IndexVectors vectors, Float32VectorStore centroids, InvertedLists lists, IvfOptions options)
        : base(vectors, options)
    {
        _options = options;
        _centroids = centroids;
        _lists = lists;
    }

    public override AnnIndexKind Kind => AnnIndexKind.Ivf;

    public Float32VectorStore Centroids => _centroids;

    public InvertedLists Lists => _lists;

    public override long MemoryBytes => _centroids.MemoryBytes + _lists.MemoryBytes + (_assigner?.MemoryBytes ?? 0);

    public override bool CanCompact => base.CanCompact || _lists.Added > 0;

    /// <summary>Divides vectors into lists.</summary>
    /// <param name="full">The vectors, as they were given.</param>
    /// <param name="options">Parameters.</param>
    /// <param name="progress">Hears how many are done.</param>
    /// <param name="cancellation">Stops the build.</param>
    public static IvfStructure Build(VectorStore full, IvfOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        IvfTraining training = IvfTraining.Run(full, IvfTraining.AllSlots(full), options, progress, cancellation);
        // In order first and then encoded: the vectors are then copied once, and in their most exact form only while building.
        IndexVectors encoded = IndexVectors.Encode(full.Select(training.Order), options, cancellation);
        IndexVectors vectors = new(encoded.Codes, encoded.Rescoring, new SlotIds(training.Order, full.Count), new SlotBits());
        progress?.Report(new IndexBuildProgress(full.Count, full.Count));
        return new IvfStructure(vectors, training.Centroids, new InvertedLists(training.Starts, null), options);
    }

    public override void Reserve(int count)
    {
        base.Reserve(count);
        _lists.Reserve(count);
    }

    public override void Insert(int first, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        _assigner ??= IvfTraining.Assigner(_centroids);
        int count = Vectors.Count - first;
        int[] slots = new int[count], assigned = new int[count];
        for (int i = 0; i < count; i++)
            slots[i] = first + i;
        BuildPasses passes = new(progress, count, count, cancellation);
        try
        {
            _assigner.Assign(Vectors.Finest, slots, assigned, _options.ThreadCount, passes);
        }
        catch
        {
            // The slots are taken, and the vectors in them are about to be deleted.
            Array.Fill(assigned, -1);
            throw;
        }
        finally
        {
            foreach (int list in assigned)
                _lists.Add(list);
        }
        passes.End();
    }

    public override IndexStructure Compacted(int[] slots, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        // Lists that have become far too many or too few for what is in them are made anew.
        int wanted = _options.ListsFor(slots.Length);
        if (wanted > 2L * _lists.Count || wanted < _lists.Count / 2)
        {
            IvfTraining training = IvfTraining.Run(Vectors.Finest, slots, _options, progress, cancellation);
            return new IvfStructure(Vectors.Select(training.Order), training.Centroids, new InvertedLists(training.Starts, null), _options);
        }
        int[] listOf = _lists.ListOfSlots(0);
        int[] kept = new int[slots.Length];
        for (int i = 0; i < slots.Length; i++)
            kept[i] = listOf[slots[i]];
        int[] starts = Grouping.Starts(kept, _lists.Count);
        IndexVectors vectors = Vectors.Select(Array.ConvertAll(Grouping.Members(kept, starts), member => slots[member]));
        progress?.Report(new IndexBuildProgress(slots.Length, slots.Length));
        return new IvfStructure(vectors, _centroids, new InvertedLists(starts, null), _options);
    }

    public override void AddSections(VectorIndexFileWriter file) => IvfSections.Add(file, this);

    protected override SearchScratch NewScratch(int queryBytes, int fineQueryBytes) => new IvfScratch(queryBytes, fineQueryBytes, BatchSize, _centroids);

    protected override void Find(ReadOnlySpan<SearchScratch> searches, int count, SearchOptions? options)
    {
        int probes = Math.Min(_lists.Count, options?.NProbe is > 0 and int given ? given : _options.NProbe);
        foreach (SearchScratch scratch in searches)
            Find((IvfScratch)scratch, count, probes);
    }

    private void Find(IvfScratch scratch, int count, int probes)
    {
        double met = scratch.Seen * (probes / (double)_lists.Count);
        if (scratch.Filter.Allowed is { } allowed && allowed.Count <= met)
        {
            ScanAllowed(scratch, allowed, count);
            return;
        }
        scratch.Nearest.Reset(count);
        scratch.Rank(probes);
        if (scratch.Filter.IsChosen)
            FindChosen(scratch, probes, Math.Max(count, met));
        else
            FindAny(scratch, probes, count);
        scratch.Found = scratch.Nearest.Sorted();
    }

    private void FindAny(IvfScratch scratch, int probes, int count)
    {
        for (int rank = 0; rank < _lists.Count && (rank < probes || scratch.Nearest.Count < count); rank++)
        {
            int list = scratch.Ranked(rank);
            int end = _lists.End(list);
            for (int first = _lists.Start(list); first < end; first += scratch.Batch)
                ScanBlock(scratch, first, Math.Min(scratch.Batch, end - first));
            if (_lists.Added > 0)
                CompareAccepted(scratch, _lists.AddedMembers(list), 0);
        }
    }

    // The accepted vectors are those of a smaller index, thinly spread over the lists: as many of them must be compared as a search
    // without a filter compares, or it would find fewer of the true neighbours.
    private void FindChosen(IvfScratch scratch, int probes, double wanted)
    {
        int accepted = 0;
        for (int rank = 0; rank < _lists.Count && (rank < probes || accepted < wanted); rank++)
        {
            int list = scratch.Ranked(rank);
            int waiting = 0;
            for (int slot = _lists.Start(list); slot < _lists.End(list); slot++)
            {
                if (!scratch.Filter.Accepts(slot))
                    continue;
                accepted++;
                AddWaiting(scratch, slot, ref waiting);
            }
            accepted += CompareAccepted(scratch, _lists.AddedMembers(list), waiting);
        }
    }

    // Compares with those that wait in the scratch already and with the accepted ones of a chain; returns how many of the chain were.
    private int CompareAccepted(IvfScratch scratch, InvertedLists.Chain chain, int waiting)
    {
        int accepted = 0;
        while (chain.MoveNext())
        {
            if (chain.Current >= scratch.Seen || !scratch.Filter.Accepts(chain.Current))
                continue;
            accepted++;
            AddWaiting(scratch, chain.Current, ref waiting);
        }
        Compare(scratch, waiting);
        return accepted;
    }

    private void AddWaiting(IvfScratch scratch, int slot, ref int waiting)
    {
        scratch.Ids[waiting++] = slot;
        if (waiting < scratch.Batch)
            return;
        Compare(scratch, waiting);
        waiting = 0;
    }
}

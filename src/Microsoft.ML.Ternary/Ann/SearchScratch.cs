// What one search needs besides the index. Scratch is kept and used again, one for each search that runs at the same time, so
// that a search allocates nothing once the first ones have run.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal unsafe class SearchScratch
{
    private readonly AlignedBuffer _query;
    private readonly AlignedBuffer _fineQuery;
    private readonly int[] _ids;
    private readonly float[] _distances;

    /// <summary>What is to be left out of the results.</summary>
    public SlotFilter Filter;

    /// <summary>Creates scratch.</summary>
    /// <param name="queryBytes">Size of a query prepared for the codes.</param>
    /// <param name="fineQueryBytes">Size of a query prepared for rescoring, or 0.</param>
    /// <param name="batch">Distances asked for at once.</param>
    public SearchScratch(int queryBytes, int fineQueryBytes, int batch)
    {
        _query = new AlignedBuffer(queryBytes, clear: true);
        _fineQuery = new AlignedBuffer(fineQueryBytes, clear: true);
        _ids = GC.AllocateUninitializedArray<int>(batch, pinned: true);
        _distances = GC.AllocateUninitializedArray<float>(batch, pinned: true);
        Batch = batch;
        Ids = (int*)Marshal.UnsafeAddrOfPinnedArrayElement(_ids, 0);
        Distances = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(_distances, 0);
    }

    /// <summary>The query as codes are compared with it.</summary>
    public byte* Query => _query.Pointer;

    /// <summary>The query as vectors kept for rescoring are compared with it.</summary>
    public byte* FineQuery => _fineQuery.Pointer;

    /// <summary>How many <see cref="Ids"/> and <see cref="Distances"/> there is room for.</summary>
    public int Batch { get; }

    public int* Ids { get; }

    public float* Distances { get; }

    /// <summary>How many slots there were when the search began. It returns no later ones.</summary>
    public int Seen { get; set; }

    public VisitedSet Visited { get; } = new();

    public CandidatePool Pool { get; } = new();

    /// <summary>What a filtered search has yet to follow.</summary>
    public CandidateHeap Open { get; } = new();

    public NearestKeys Nearest { get; } = new();

    public NearestKeys Rescored { get; } = new();

    /// <summary>Whether what was found stands for groups of equal vectors, which are yet to be told apart.</summary>
    public bool HoldsGroups { get; set; }

    /// <summary>What the search found: sorted keys that live in one of the above.</summary>
    public ReadOnlyMemory<ulong> Found { get; set; }

    /// <summary>Takes a query, where a kind of index compares it with more than vectors.</summary>
    public virtual void Prepare(ReadOnlySpan<float> query)
    {
    }

    /// <summary>Writes what was found as ids and distances, and -1 and infinity where there is room for more; returns how many.</summary>
    public int Write(IndexVectors vectors, Span<int> ids, Span<float> distances)
    {
        ReadOnlySpan<ulong> found = Found.Span[..Math.Min(Found.Length, ids.Length)];
        for (int i = 0; i < found.Length; i++)
        {
            ids[i] = vectors.Ids.Id(NeighborKey.Id(found[i]));
            distances[i] = vectors.Finest.Reported(NeighborKey.Distance(found[i]));
        }
        if (!vectors.Ids.IsAscending)
            SortEqual(ids[..found.Length], distances);
        ids[found.Length..].Fill(-1);
        distances[found.Length..].Fill(float.PositiveInfinity);
        return found.Length;
    }

    // Keys order equal distances by slot; where ids do not ascend with slots, each run of them is put in the order of ids.
    private static void SortEqual(Span<int> ids, ReadOnlySpan<float> distances)
    {
        for (int start = 0, end; start < ids.Length; start = end)
        {
            for (end = start + 1; end < ids.Length && distances[end] == distances[start]; end++)
            {
            }
            ids[start..end].Sort();
        }
    }
}

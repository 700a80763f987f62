// What a search of an inverted file needs besides what every search needs: the query as centroids are compared with it, and the lists
// in the order in which they are looked into.
namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class IvfScratch(int queryBytes, int fineQueryBytes, int batch, VectorStore centroids)
    : SearchScratch(queryBytes, fineQueryBytes, batch)
{
    private readonly AlignedBuffer _coarseQuery = new(centroids.QueryBytes, clear: true);
    private readonly ulong[] _lists = new ulong[centroids.Count];
    private readonly NearestKeys _nearest = new();
    private ReadOnlyMemory<ulong> _probes;
    private bool _isSorted;

    public override void Prepare(ReadOnlySpan<float> query) => centroids.PrepareQuery(query, _coarseQuery.Pointer);

    /// <summary>Finds the <paramref name="probes"/> lists whose centroids are nearest.</summary>
    public void Rank(int probes)
    {
        _isSorted = false;
        _nearest.Reset(probes);
        for (int first = 0; first < _lists.Length; first += Batch)
        {
            int count = Math.Min(Batch, _lists.Length - first);
            centroids.DistancesInOrder(_coarseQuery.Pointer, first, count, Distances);
            for (int i = 0; i < count; i++)
            {
                ulong key = NeighborKey.Create(Distances[i], first + i);
                _lists[first + i] = key;
                _nearest.Add(key);
            }
        }
        _probes = _nearest.Sorted();
    }

    /// <summary>The list that is the <paramref name="rank"/>-th nearest, from 0. Those after the ones asked for are put in order when the
    /// first of them is needed.</summary>
    public int Ranked(int rank)
    {
        if (rank < _probes.Length)
            return NeighborKey.Id(_probes.Span[rank]);
        if (!_isSorted)
            Array.Sort(_lists);
        _isSorted = true;
        return NeighborKey.Id(_lists[rank]);
    }
}

// Choosing links anew, when a list is full, can take away the last link that leads to a node: it is in the graph, but no search
// will ever come upon it. This finds such nodes when all are linked and leads a link to each from a near node that can be reached.
namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class HnswRepair(HnswGraph graph, VectorStore store, int efConstruction, SearchScratch scratch)
{
    private readonly bool[] _reached = new bool[graph.Count];
    private readonly Stack<int> _open = new();

    /// <summary>Makes every node of the graph reachable from the entry on level 0.</summary>
    public void Run(Func<int, bool> isNode)
    {
        Reach(graph.Entry);
        for (int id = 0; id < graph.Count; id++)
        {
            if (_reached[id] || !isNode(id))
                continue;
            LeadTo(id);
            Reach(id);
        }
    }

    private void Reach(int from)
    {
        _reached[from] = true;
        _open.Push(from);
        while (_open.TryPop(out int id))
        {
            foreach (int link in Links(id))
            {
                if (link == HnswGraph.None)
                    break;
                if (_reached[link])
                    continue;
                _reached[link] = true;
                _open.Push(link);
            }
        }
    }

    // From the nearest node with room for a link; if there is none, the nearest gives up its last link and the new neighbour takes
    // that over, so that what it led to stays reachable. A link that the new neighbour drops for it led to a node that is reached
    // otherwise or has its turn later.
    private void LeadTo(int id)
    {
        byte* query = store.StoredAsQuery(id, scratch.Query);
        new HnswSearcher(graph, store).SearchLevel(query, graph.Entry, 0, efConstruction, scratch);
        foreach (ulong key in scratch.Pool.Sorted)
        {
            if (TryAdd(NeighborKey.Id(key), id))
                return;
        }
        Span<int> nearest = Links(NeighborKey.Id(scratch.Pool.Sorted[0]));
        int last = nearest[^1];
        nearest[^1] = id;
        if (!Links(id).Contains(last) && !TryAdd(id, last))
            Links(id)[^1] = last;
    }

    private bool TryAdd(int from, int to)
    {
        Span<int> links = Links(from);
        int end = links.IndexOf(HnswGraph.None);
        if (end < 0)
            return false;
        links[end] = to;
        return true;
    }

    private Span<int> Links(int id) => new(graph.Links(id, 0), graph.Capacity(0));
}

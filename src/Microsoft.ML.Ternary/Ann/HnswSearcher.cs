// The two searches of the paper, over a graph and a store: greedy descent (algorithm 2 with ef = 1) and the search of one level
// with ef candidates (algorithm 2). Building uses them as searching does; while several threads build, lists are read under
// their locks.
namespace Microsoft.ML.Ternary.Ann;

internal readonly unsafe struct HnswSearcher(HnswGraph graph, VectorStore store, HnswLocks? locks = null)
{
    /// <summary>Goes down from the entry to just above <paramref name="level"/>, on each level to the nearest node that links lead to.</summary>
    public int Descend(byte* query, int level, SearchScratch scratch)
    {
        int id = graph.Entry;
        scratch.Ids[0] = id;
        store.Distances(query, scratch.Ids, 1, scratch.Distances);
        ulong nearest = NeighborKey.Create(scratch.Distances[0], id);
        for (int current = graph.MaxLevel; current > level; current--)
        {
            while (true)
            {
                int from = NeighborKey.Id(nearest);
                int count = ReadLinks(from, current, scratch.Ids);
                store.Distances(query, scratch.Ids, count, scratch.Distances);
                for (int i = 0; i < count; i++)
                    nearest = Math.Min(nearest, NeighborKey.Create(scratch.Distances[i], scratch.Ids[i]));
                if (NeighborKey.Id(nearest) == from)
                    break;
            }
        }
        return NeighborKey.Id(nearest);
    }

    /// <summary>Searches one level from <paramref name="entry"/>; the <paramref name="ef"/> nearest found are in the scratch's pool.
    /// <paramref name="excluded"/> is a node that is not to be found, or -1.</summary>
    public void SearchLevel(byte* query, int entry, int level, int ef, SearchScratch scratch, int excluded = HnswGraph.None)
    {
        CandidatePool pool = scratch.Pool;
        VisitedSet visited = scratch.Visited;
        pool.Reset(ef);
        visited.Clear();
        if (excluded != HnswGraph.None)
            visited.Add(excluded);
        visited.Add(entry);
        scratch.Ids[0] = entry;
        store.Distances(query, scratch.Ids, 1, scratch.Distances);
        pool.Insert(NeighborKey.Create(scratch.Distances[0], entry));
        int place = 0;
        for (int id = pool.TakeFrom(ref place); id >= 0; id = pool.TakeFrom(ref place))
        {
            int count = ReadUnvisited(id, level, visited, scratch.Ids);
            store.Distances(query, scratch.Ids, count, scratch.Distances);
            for (int i = 0; i < count; i++)
                place = Math.Min(place, pool.Insert(NeighborKey.Create(scratch.Distances[i], scratch.Ids[i])));
        }
    }

    /// <summary>Copies a node's links; returns how many.</summary>
    public int ReadLinks(int id, int level, int* destination)
    {
        locks?.Enter(id);
        int* links = graph.Links(id, level);
        int capacity = graph.Capacity(level);
        int count = 0;
        while (count < capacity && links[count] != HnswGraph.None)
        {
            destination[count] = links[count];
            count++;
        }
        locks?.Exit(id);
        return count;
    }

    private int ReadUnvisited(int id, int level, VisitedSet visited, int* destination)
    {
        locks?.Enter(id);
        int* links = graph.Links(id, level);
        int* end = links + graph.Capacity(level);
        int count = 0;
        for (; links < end && *links != HnswGraph.None; links++)
        {
            if (visited.Add(*links))
                destination[count++] = *links;
        }
        locks?.Exit(id);
        return count;
    }
}

// The searches of the paper, over a graph and a store: greedy descent (algorithm 2 with ef = 1), the search of one level with ef
// candidates (algorithm 2), and the same with a filter. Building uses them as searching does.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Ann;

internal readonly unsafe struct HnswSearcher(HnswGraph graph, VectorStore store)
{
    /// <summary>Goes down from the entry to just above <paramref name="level"/>, on each level to the nearest node that links lead to.</summary>
    public int Descend(byte* query, int level, SearchScratch scratch)
    {
        int entry = graph.Entry;
        ulong nearest = KeyOf(query, entry, scratch);
        for (int current = graph.Level(entry); current > level; current--)
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
        Begin(visited, entry, excluded);
        pool.Insert(KeyOf(query, entry, scratch));
        int place = 0;
        for (int node = pool.TakeFrom(ref place); node >= 0; node = pool.TakeFrom(ref place))
        {
            int count = ReadUnvisited(node, level, visited, scratch.Ids);
            store.Distances(query, scratch.Ids, count, scratch.Distances);
            for (int i = 0; i < count; i++)
                place = Math.Min(place, pool.Insert(NeighborKey.Create(scratch.Distances[i], scratch.Ids[i])));
        }
    }

    /// <summary>Searches level 0 for the <paramref name="ef"/> nearest nodes of which the scratch's filter accepts a vector; they are in
    /// the scratch's pool. Nodes that are not accepted are passed through like any other.</summary>
    /// <returns>False if that took more than <paramref name="most"/> distances; the pool then lacks neighbours.</returns>
    public bool TrySearchAccepted(byte* query, int entry, int ef, SearchScratch scratch, long most, DuplicateVectors? duplicates)
    {
        CandidatePool accepted = scratch.Pool;
        CandidateHeap open = scratch.Open;
        accepted.Reset(ef);
        open.Clear();
        Begin(scratch.Visited, entry, HnswGraph.None);
        Meet(KeyOf(query, entry, scratch), scratch, duplicates);
        while (open.Count > 0 && open.Nearest < accepted.Bound)
        {
            int count = ReadUnvisited(NeighborKey.Id(open.Take()), 0, scratch.Visited, scratch.Ids);
            most -= count;
            if (most < 0)
                return false;
            store.Distances(query, scratch.Ids, count, scratch.Distances);
            for (int i = 0; i < count; i++)
                Meet(NeighborKey.Create(scratch.Distances[i], scratch.Ids[i]), scratch, duplicates);
        }
        return true;
    }

    /// <summary>Copies a node's links; returns how many.</summary>
    public int ReadLinks(int node, int level, int* destination)
    {
        MemoryBlock block = graph.Block(level);
        int* links = graph.Links(block, node, level);
        int capacity = graph.Capacity(level);
        int count = 0;
        for (; count < capacity; count++)
        {
            int link = Volatile.Read(ref links[count]);
            if (link == HnswGraph.None)
                break;
            destination[count] = link;
        }
        GC.KeepAlive(block);
        return count;
    }

    private static void Begin(VisitedSet visited, int entry, int excluded)
    {
        visited.Clear();
        if (excluded != HnswGraph.None)
            visited.Add(excluded);
        visited.Add(entry);
    }

    // A node that is near enough to lead on is followed later; if it is accepted, or a vector that equals it, it is a result.
    private static void Meet(ulong key, SearchScratch scratch, DuplicateVectors? duplicates)
    {
        if (key >= scratch.Pool.Bound)
            return;
        scratch.Open.Add(key);
        if (IsAccepted(NeighborKey.Id(key), scratch, duplicates))
            scratch.Pool.Insert(key);
    }

    // However many copies there are of a vector, they take one place among the candidates.
    private static bool IsAccepted(int node, SearchScratch scratch, DuplicateVectors? duplicates)
    {
        if (scratch.Filter.Accepts(node))
            return true;
        if (duplicates is null)
            return false;
        for (int slot = duplicates.Next(node); slot != DuplicateVectors.None && slot < scratch.Seen; slot = duplicates.Next(slot))
        {
            if (scratch.Filter.Accepts(slot))
                return true;
        }
        return false;
    }

    private ulong KeyOf(byte* query, int node, SearchScratch scratch)
    {
        scratch.Ids[0] = node;
        store.Distances(query, scratch.Ids, 1, scratch.Distances);
        return NeighborKey.Create(scratch.Distances[0], node);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ReadUnvisited(int node, int level, VisitedSet visited, int* destination)
    {
        MemoryBlock block = graph.Block(level);
        int* links = graph.Links(block, node, level);
        int* end = links + graph.Capacity(level);
        int count = 0;
        for (; links < end; links++)
        {
            int link = Volatile.Read(ref *links);
            if (link == HnswGraph.None)
                break;
            if (visited.Add(link))
                destination[count++] = link;
        }
        GC.KeepAlive(block);
        return count;
    }
}

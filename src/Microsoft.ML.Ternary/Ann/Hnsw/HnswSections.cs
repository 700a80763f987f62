// What an HNSW index adds to the index file. Links are checked before the first search, because searches follow them without
// looking: every one must name a node of the level it is on.
//
//   hnsw      int32 M, efConstruction, efSearch, seed, entry
//   levels    a byte a vector: its top level
//   links0    2M int32 a vector: links of level 0, ended by -1 where a list is not full
//   links     M int32 for each vector and level above 0, in that order
//   equals    int32 a vector: the next vector that equals it, or -1; left out where there is none
using System.Numerics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal static unsafe class HnswSections
{
    private const string Parameters = "hnsw";
    private const string Levels = "levels";
    private const string Level0 = "links0";
    private const string Upper = "links";
    private const string EqualVectors = "equals";
    private const int ParameterCount = 5;

    public static void Add(VectorIndexFileWriter file, HnswStructure structure)
    {
        HnswOptions options = (HnswOptions)structure.Options;
        HnswGraph graph = structure.Graph;
        int[] parameters = [options.M, options.EfConstruction, options.EfSearch, options.Seed, graph.Entry];
        file.Add<int>(Parameters, parameters);
        file.Add(Levels, graph.Levels);
        file.Add(Level0, graph.Level0.Pointer, graph.Level0Bytes);
        file.Add(Upper, graph.Upper.Pointer, graph.UpperBytes);
        if (structure.Duplicates is { } duplicates)
            file.Add<int>(EqualVectors, duplicates.ToArray(graph.Count));
    }

    /// <summary>The parameters an index was built with: all of it that opening needs.</summary>
    public static HnswOptions ReadOptions(VectorIndexFileReader file)
    {
        int[] parameters = file.Values<int>(Parameters, ParameterCount);
        HnswOptions options = new()
        {
            M = parameters[0],
            EfConstruction = parameters[1],
            EfSearch = parameters[2],
            Seed = parameters[3],
        };
        file.Require(options, Parameters);
        return options;
    }

    /// <summary>Reads the structure of an index file.</summary>
    public static HnswStructure Read(VectorIndexFileReader file, VectorIndexOptions options)
    {
        int m = ((HnswOptions)options).M, entry = file.Values<int>(Parameters, ParameterCount)[ParameterCount - 1];
        byte[] levels = file.Values<byte>(Levels, file.Count);
        if ((uint)entry >= (uint)levels.Length)
            throw file.Bad($"entry node {entry} is not there");
        MemoryBlock level0 = file.Section(Level0, (long)file.Count * 2 * m * sizeof(int));
        MemoryBlock upper = file.Section(Upper, HnswGraph.UpperListBytes(levels, m));
        HnswGraph graph = new(levels, m, entry, level0, upper);
        CheckLevel0(file, graph);
        CheckUpperLevels(file, graph);
        return new HnswStructure(IndexVectorsSections.Read(file), graph, ReadDuplicates(file), (HnswOptions)options);
    }

    // All nodes are on level 0, so that every number below the count will do: one comparison of the greatest, after a pass at the
    // speed of memory. As unsigned numbers and with 1 added, -1 is the least.
    private static void CheckLevel0(VectorIndexFileReader file, HnswGraph graph)
    {
        int capacity = graph.Capacity(0);
        for (int id = 0; id < graph.Count; id++)
        {
            ReadOnlySpan<int> links = new(graph.Links(id, 0), capacity);
            if (Greatest(links) > (uint)graph.Count)
                CheckList(file, graph, id, 0);
        }
    }

    private static uint Greatest(ReadOnlySpan<int> links)
    {
        uint greatest = 0;
        int i = 0;
        if (links.Length >= Vector<uint>.Count)
        {
            Vector<uint> greatests = Vector<uint>.Zero;
            for (; i <= links.Length - Vector<uint>.Count; i += Vector<uint>.Count)
                greatests = Vector.Max(greatests, new Vector<uint>(MemoryMarshal.Cast<int, uint>(links[i..])) + Vector<uint>.One);
            for (int lane = 0; lane < Vector<uint>.Count; lane++)
                greatest = Math.Max(greatest, greatests[lane]);
        }
        for (; i < links.Length; i++)
            greatest = Math.Max(greatest, unchecked((uint)links[i] + 1));
        return greatest;
    }

    private static void CheckUpperLevels(VectorIndexFileReader file, HnswGraph graph)
    {
        for (int id = 0; id < graph.Count; id++)
        {
            for (int level = 1; level <= graph.Levels[id]; level++)
                CheckList(file, graph, id, level);
        }
    }

    private static void CheckList(VectorIndexFileReader file, HnswGraph graph, int id, int level)
    {
        foreach (int link in new ReadOnlySpan<int>(graph.Links(id, level), graph.Capacity(level)))
        {
            if (link != HnswGraph.None && ((uint)link >= (uint)graph.Count || graph.Levels[link] < level))
                throw file.Bad($"node {id} links to {link} on level {level}, where it is not");
        }
    }

    private static DuplicateVectors? ReadDuplicates(VectorIndexFileReader file)
    {
        int[]? next = file.TryGetValues<int>(EqualVectors, file.Count);
        if (next is null)
            return null;
        for (int id = 0; id < next.Length; id++)
        {
            // Chains ascend, so they end.
            if (next[id] != DuplicateVectors.None && (next[id] <= id || next[id] >= next.Length))
                throw file.Bad($"vector {id} is followed by {next[id]} in section '{EqualVectors}'");
        }
        return new DuplicateVectors(next);
    }
}

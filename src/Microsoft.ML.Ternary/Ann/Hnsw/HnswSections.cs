// What an HNSW index adds to the index file. Links are checked as they are read, because searches follow them without looking:
// every one must name a node of the level it is on.
//
//   hnsw      int32 M, efConstruction, efSearch, seed, entry
//   levels    a byte a vector: its top level
//   links0    2M int32 a vector: links of level 0, ended by -1 where a list is not full
//   links     M int32 for each vector and level above 0, in that order
//   equals    int32 a vector: the next vector that equals it, or -1; left out where there is none
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal static unsafe class HnswSections
{
    private const string Parameters = "hnsw";
    private const string Levels = "levels";
    private const string Level0 = "links0";
    private const string Upper = "links";
    private const string EqualVectors = "equals";

    public static void Add(VectorIndexFileWriter file, HnswStructure structure)
    {
        HnswOptions options = (HnswOptions)structure.Options;
        HnswGraph graph = structure.Graph;
        int[] parameters = [options.M, options.EfConstruction, options.EfSearch, options.Seed, graph.Entry];
        file.Add(Parameters, MemoryMarshal.AsBytes<int>(parameters).ToArray());
        file.Add(Levels, graph.Levels.ToArray());
        file.Add(Level0, graph.Level0.Pointer, graph.Level0Bytes);
        file.Add(Upper, graph.Upper.Pointer, graph.UpperBytes);
        if (structure.Duplicates is { } duplicates)
            file.Add(EqualVectors, MemoryMarshal.AsBytes<int>(duplicates.ToArray(graph.Count)).ToArray());
    }

    public static HnswStructure Read(VectorIndexFileReader file, IndexVectors vectors)
    {
        VectorStore store = vectors.Codes;
        ReadOnlySpan<int> parameters = new(file.Section(Parameters, 5 * sizeof(int)).Pointer, 5);
        HnswOptions options = new()
        {
            Metric = store.Metric,
            M = parameters[0],
            EfConstruction = parameters[1],
            EfSearch = parameters[2],
            Seed = parameters[3],
        };
        int entry = parameters[4];
        RequireOptions(file, options);
        byte[] levels = new ReadOnlySpan<byte>(file.Section(Levels, store.Count).Pointer, store.Count).ToArray();
        if ((uint)entry >= (uint)store.Count || levels[entry] != levels.Max())
            throw file.Bad($"entry node {entry} is not one of the highest");
        MemoryBlock level0 = file.Section(Level0, (long)store.Count * 2 * options.M * sizeof(int));
        MemoryBlock upper = file.Section(Upper, HnswGraph.UpperListBytes(levels, options.M));
        HnswGraph graph = new(levels, options.M, entry, level0, upper);
        CheckLinks(file, graph);
        return new HnswStructure(vectors, graph, ReadDuplicates(file, store.Count), options);
    }

    private static void RequireOptions(VectorIndexFileReader file, HnswOptions options)
    {
        try
        {
            options.Validate();
        }
        catch (ArgumentOutOfRangeException problem)
        {
            throw file.Bad($"section '{Parameters}': {problem.Message}");
        }
    }

    private static void CheckLinks(VectorIndexFileReader file, HnswGraph graph)
    {
        for (int id = 0; id < graph.Count; id++)
        {
            for (int level = 0; level <= graph.Levels[id]; level++)
            {
                foreach (int link in new ReadOnlySpan<int>(graph.Links(id, level), graph.Capacity(level)))
                {
                    if (link != HnswGraph.None && ((uint)link >= (uint)graph.Count || graph.Levels[link] < level))
                        throw file.Bad($"node {id} links to {link} on level {level}, where it is not");
                }
            }
        }
    }

    private static DuplicateVectors? ReadDuplicates(VectorIndexFileReader file, int count)
    {
        if (file.TryGetSection(EqualVectors) is null)
            return null;
        int[] next = new ReadOnlySpan<int>(file.Section(EqualVectors, (long)count * sizeof(int)).Pointer, count).ToArray();
        for (int id = 0; id < count; id++)
        {
            // Chains ascend, so they end.
            if (next[id] != DuplicateVectors.None && (next[id] <= id || next[id] >= count))
                throw file.Bad($"vector {id} is followed by {next[id]} in section '{EqualVectors}'");
        }
        return new DuplicateVectors(next);
    }
}

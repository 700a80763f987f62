// The links of an HNSW index and nothing else. Level 0, where searches spend their time, is one block: 2M links a node, two cache
// lines at M = 16, found by multiplication. The few nodes that reach higher have their upper lists in a second block. A list that
// is not full ends with -1.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class HnswGraph
{
    public const int None = -1;

    private readonly MemoryBlock _level0;
    private readonly MemoryBlock _upper;

    /// <summary>Creates a graph without links.</summary>
    /// <param name="levels">The top level of each node.</param>
    /// <param name="m">Links a list on the upper levels; level 0 has twice as many.</param>
    /// <param name="entry">The node every search begins at: one of those with the highest level.</param>
    public HnswGraph(byte[] levels, int m, int entry)
        : this(levels, m, entry, new AlignedBuffer((long)levels.Length * 2 * m * sizeof(int)), new AlignedBuffer(UpperBytes(levels, m)))
    {
        Fill(_level0);
        Fill(_upper);
    }

    /// <summary>Wraps links read from a file.</summary>
    public HnswGraph(byte[] levels, int m, int entry, MemoryBlock level0, MemoryBlock upper)
    {
        Levels = levels;
        M = m;
        Entry = entry;
        _level0 = level0;
        _upper = upper;
        UpperLists = UpperOffsets(levels);
    }

    public int Count => Levels.Length;

    public int M { get; }

    public int Entry { get; }

    public byte[] Levels { get; }

    public int MaxLevel => Levels[Entry];

    /// <summary>The two blocks of links as they lie in memory and in a file.</summary>
    public MemoryBlock Level0 => _level0;

    public MemoryBlock Upper => _upper;

    public long Bytes => _level0.Length + _upper.Length + Levels.Length + UpperLists.Length * (long)sizeof(int);

    // For each node the place of its level-1 list among the upper lists; its other levels follow.
    private int[] UpperLists { get; }

    /// <summary>Links a list on a level has room for.</summary>
    public int Capacity(int level) => level == 0 ? 2 * M : M;

    /// <summary>The first link of a node's list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int* Links(int id, int level) => level == 0
        ? (int*)_level0.Pointer + (long)id * (2 * M)
        : (int*)_upper.Pointer + (UpperLists[id] + (long)(level - 1)) * M;

    /// <summary>Bytes of the upper lists of nodes with these levels.</summary>
    public static long UpperBytes(byte[] levels, int m)
    {
        long lists = 0;
        foreach (byte level in levels)
            lists += level;
        return lists * m * sizeof(int);
    }

    private static int[] UpperOffsets(byte[] levels)
    {
        int[] offsets = new int[levels.Length];
        int next = 0;
        for (int id = 0; id < levels.Length; id++)
        {
            offsets[id] = next;
            next = checked(next + levels[id]);
        }
        return offsets;
    }

    private static void Fill(MemoryBlock links)
    {
        int* link = (int*)links.Pointer;
        for (long i = 0; i < links.Length / sizeof(int); i++)
            link[i] = None;
    }
}

// The links of an HNSW index and nothing else. Level 0, where searches spend their time, is one block: 2M links a node, two cache
// lines at M = 16, found by multiplication. The few nodes that reach higher have their upper lists in a second block. A list that
// is not full ends with -1.
//
// Searches read lists while they are written, without locks: every link is written at once, so whatever mixture of an old and a new
// list a search sees, each link in it leads to a node. When a block is too small, a larger copy takes its place, and searches
// that still read the old one read what was true a moment ago.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class HnswGraph
{
    public const int None = -1;

    private MemoryBlock _level0;
    private MemoryBlock _upper;
    private byte[] _levels;

    // For each node the place of its level-1 list among the upper lists; its other levels follow.
    private int[] _upperLists;
    private int _count;
    private int _upperCount;
    private int _entry;

    /// <summary>Creates a graph without nodes.</summary>
    /// <param name="m">Links a list on the upper levels; level 0 has twice as many.</param>
    public HnswGraph(int m)
    {
        M = m;
        _level0 = new AlignedBuffer(0);
        _upper = new AlignedBuffer(0);
        _levels = [];
        _upperLists = [];
    }

    /// <summary>Wraps links read from a file.</summary>
    /// <param name="levels">The top level of each node.</param>
    /// <param name="m">Links a list on the upper levels; level 0 has twice as many.</param>
    /// <param name="entry">The node every search begins at: one of those with the highest level.</param>
    /// <param name="level0">The lists of level 0.</param>
    /// <param name="upper">The lists of the levels above.</param>
    public HnswGraph(byte[] levels, int m, int entry, MemoryBlock level0, MemoryBlock upper)
    {
        M = m;
        _levels = levels;
        _level0 = level0;
        _upper = upper;
        _count = levels.Length;
        _entry = entry;
        _upperLists = new int[levels.Length];
        for (int node = 0; node < levels.Length; node++)
        {
            _upperLists[node] = _upperCount;
            _upperCount = checked(_upperCount + levels[node]);
        }
    }

    public int Count => _count;

    public int M { get; }

    /// <summary>The node every search begins at. To be set once all its lists are written.</summary>
    public int Entry
    {
        get => Volatile.Read(ref _entry);
        set => Volatile.Write(ref _entry, value);
    }

    /// <summary>The top level of each node.</summary>
    public ReadOnlySpan<byte> Levels => _levels.AsSpan(0, _count);

    /// <summary>The two blocks of links as they lie in memory and in a file.</summary>
    public MemoryBlock Level0 => Volatile.Read(ref _level0);

    public MemoryBlock Upper => Volatile.Read(ref _upper);

    /// <summary>Bytes of the lists that there are, which the blocks may be larger than.</summary>
    public long Level0Bytes => _count * (2L * M * sizeof(int));

    public long UpperBytes => _upperCount * ((long)M * sizeof(int));

    public long MemoryBytes => _level0.Length + _upper.Length + _levels.Length + _upperLists.Length * (long)sizeof(int);

    /// <summary>Links a list on a level has room for.</summary>
    public int Capacity(int level) => level == 0 ? 2 * M : M;

    public int Level(int node) => Volatile.Read(ref _levels)[node];

    /// <summary>The first link of a node's list in a block that <see cref="Block"/> gave for the level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int* Links(MemoryBlock block, int node, int level) => level == 0
        ? (int*)block.Pointer + (long)node * (2 * M)
        : (int*)block.Pointer + (Volatile.Read(ref _upperLists)[node] + (long)(level - 1)) * M;

    /// <summary>The block that holds the lists of a level, to be kept alive while its lists are read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MemoryBlock Block(int level) => level == 0 ? Level0 : Upper;

    /// <summary>The first link of a node's list, for whoever changes the graph: blocks are not replaced meanwhile.</summary>
    public int* Links(int node, int level) => Links(Block(level), node, level);

    /// <summary>Bytes of the upper lists of nodes with these levels.</summary>
    public static long UpperListBytes(ReadOnlySpan<byte> levels, int m)
    {
        long lists = 0;
        foreach (byte level in levels)
            lists += level;
        return lists * m * sizeof(int);
    }

    /// <summary>Adds nodes without links.</summary>
    public void Add(ReadOnlySpan<byte> levels)
    {
        int lists = 0;
        foreach (byte level in levels)
            lists = checked(lists + level);
        int count = checked(_count + levels.Length);
        Grow(ref _level0, Level0Bytes, count * (2L * M * sizeof(int)));
        Grow(ref _upper, UpperBytes, (_upperCount + lists) * ((long)M * sizeof(int)));
        byte[] allLevels = _levels;
        int[] upperLists = _upperLists;
        if (count > allLevels.Length)
        {
            int room = _count == 0 ? count : (int)Math.Min(Array.MaxLength, count + count / 2L);
            Array.Resize(ref allLevels, room);
            Array.Resize(ref upperLists, room);
        }
        for (int i = 0; i < levels.Length; i++)
        {
            allLevels[_count + i] = levels[i];
            upperLists[_count + i] = _upperCount;
            _upperCount += levels[i];
        }
        Volatile.Write(ref _levels, allLevels);
        Volatile.Write(ref _upperLists, upperLists);
        _count = count;
    }

    // A first block is as large as it must be; from then on there is room for half as many again.
    private static void Grow(ref MemoryBlock block, long used, long needed)
    {
        MemoryBlock grown = block;
        if (needed > block.Length)
            grown = block.Resize(used == 0 ? needed : needed + needed / 2 / sizeof(int) * sizeof(int));
        int* links = (int*)grown.Pointer;
        for (long i = used / sizeof(int); i < needed / sizeof(int); i++)
            links[i] = None;
        Volatile.Write(ref block, grown);
    }
}

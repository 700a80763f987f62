// Equal vectors, of which real data has many (short texts, empty ones), ruin a graph: a node's nearest neighbours are then its own
// copies, its links go nowhere else, and searches that enter a group of copies never leave it. So the graph holds the first of each
// group, and the rest hang on it as a chain.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class DuplicateVectors
{
    public const int None = -1;

    // For each slot the next equal one, or -1; slots from its length on have none. Chains ascend.
    private int[] _next;

    // The last of each chain, by its first: known once the chains are to grow.
    private Dictionary<int, int>? _last;
    private readonly SlotBits _later = new();

    /// <summary>Wraps chains read from a file: for each vector the next equal one, or -1.</summary>
    public DuplicateVectors(int[] next)
    {
        _next = next;
        foreach (int slot in next)
        {
            if (slot != None)
                _later.Add(slot);
        }
    }

    /// <summary>How many vectors equal an earlier one.</summary>
    public int Count => _later.Count;

    public long MemoryBytes => _next.Length * (long)sizeof(int) + _later.MemoryBytes;

    /// <summary>Whether a vector equals an earlier one, and is no node of the graph.</summary>
    public bool Contains(int slot) => _later.Contains(slot);

    /// <summary>The next vector that equals this one, or -1.</summary>
    public int Next(int slot)
    {
        int[] next = Volatile.Read(ref _next);
        return slot < next.Length ? next[slot] : None;
    }

    /// <summary>The chains of the first <paramref name="count"/> slots.</summary>
    public int[] ToArray(int count)
    {
        int[] next = new int[count];
        for (int slot = 0; slot < count; slot++)
            next[slot] = Next(slot);
        return next;
    }

    /// <summary>Hangs a slot on the node whose vector equals it, unless a later one hangs there already.</summary>
    public bool TryAdd(int node, int slot)
    {
        _last ??= FindLast();
        if (slot < _last.GetValueOrDefault(node, node))
            return false;
        if (slot >= _next.Length)
        {
            int known = _next.Length;
            int[] grown = _next;
            Array.Resize(ref grown, (int)Math.Min(Array.MaxLength, slot + 1L + slot / 2));
            grown.AsSpan(known).Fill(None);
            Volatile.Write(ref _next, grown);
        }
        ref int last = ref CollectionsMarshal.GetValueRefOrAddDefault(_last, node, out bool exists);
        Volatile.Write(ref _next[exists ? last : node], slot);
        last = slot;
        _later.Add(slot);
        return true;
    }

    /// <summary>Finds equal vectors; null if there are none.</summary>
    public static DuplicateVectors? Find(VectorStore store)
    {
        int[] next = new int[store.Count];
        Array.Fill(next, None);
        // The last of each chain so far, by the bytes they share.
        Dictionary<Row, int> last = new(store.Count);
        bool any = false;
        for (int slot = 0; slot < store.Count; slot++)
        {
            ref int tail = ref CollectionsMarshal.GetValueRefOrAddDefault(last, new Row(store, slot), out bool exists);
            if (exists)
            {
                next[tail] = slot;
                any = true;
            }
            tail = slot;
        }
        return any ? new DuplicateVectors(next) : null;
    }

    private Dictionary<int, int> FindLast()
    {
        Dictionary<int, int> last = [];
        for (int node = 0; node < _next.Length; node++)
        {
            if (_next[node] == None || Contains(node))
                continue;
            int end = node;
            while (_next[end] != None)
                end = _next[end];
            last.Add(node, end);
        }
        return last;
    }

    private readonly struct Row(VectorStore store, int slot) : IEquatable<Row>
    {
        private ReadOnlySpan<byte> Bytes => new(store.Rows + (long)slot * store.RowBytes, store.RowBytes);

        public bool Equals(Row other) => Bytes.SequenceEqual(other.Bytes);

        public override bool Equals(object? obj) => obj is Row other && Equals(other);

        public override int GetHashCode()
        {
            ulong hash = 0;
            foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(Bytes))
                hash = System.Numerics.BitOperations.RotateLeft(hash ^ word, 29) * 0x9E3779B97F4A7C15;
            return (int)(hash >> 32);
        }
    }
}

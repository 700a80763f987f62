// Equal vectors, of which real data has many (short texts, empty ones), ruin a graph: a node's nearest neighbours are then its own
// copies, its links go nowhere else, and searches that enter a group of copies never leave it. So the graph holds the first of each
// group, and the rest hang on it as a chain.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class DuplicateVectors
{
    public const int None = -1;

    /// <summary>Wraps chains read from a file: for each vector the next equal one, or -1.</summary>
    public DuplicateVectors(int[] next)
    {
        Next = next;
        IsDuplicate = new bool[next.Length];
        foreach (int id in next)
        {
            if (id != None)
                IsDuplicate[id] = true;
        }
        UniqueCount = IsDuplicate.AsSpan().Count(false);
    }

    /// <summary>For each vector the next equal one, or -1. Chains ascend.</summary>
    public int[] Next { get; }

    /// <summary>For each vector whether an earlier one equals it.</summary>
    public bool[] IsDuplicate { get; }

    /// <summary>Vectors that equal no earlier one: the nodes of the graph.</summary>
    public int UniqueCount { get; }

    /// <summary>Finds equal vectors; null if there are none.</summary>
    public static DuplicateVectors? Find(VectorStore store)
    {
        int[] next = new int[store.Count];
        Array.Fill(next, None);
        // The last of each chain so far, by the bytes they share.
        Dictionary<Row, int> last = new(store.Count);
        bool any = false;
        for (int id = 0; id < store.Count; id++)
        {
            ref int tail = ref CollectionsMarshal.GetValueRefOrAddDefault(last, new Row(store, id), out bool exists);
            if (exists)
            {
                next[tail] = id;
                any = true;
            }
            tail = id;
        }
        return any ? new DuplicateVectors(next) : null;
    }

    private readonly struct Row(VectorStore store, int id) : IEquatable<Row>
    {
        private ReadOnlySpan<byte> Bytes => new(store.Rows + (long)id * store.RowBytes, store.RowBytes);

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

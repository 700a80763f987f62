// The candidates of a graph search: the ef nearest seen so far, sorted, each marked once its links have been followed. One
// sorted array takes the place of the paper's two heaps: the nearest unfollowed candidate and the farthest kept one are both
// at hand, and moving a few hundred bytes costs less than sifting does.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class CandidatePool
{
    private ulong[] _pinned = [];
    private ulong* _keys;
    private int _capacity;

    public int Count { get; private set; }

    /// <summary>Keys from this one on are not taken in.</summary>
    public ulong Bound => Count == _capacity ? _keys[Count - 1] & ~NeighborKey.Mark : ulong.MaxValue;

    public ReadOnlySpan<ulong> Sorted => new(_keys, Count);

    /// <summary>The nearest <paramref name="k"/>, which must be in the pool; valid until the next <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<ulong> Nearest(int k) => _pinned.AsMemory(0, k);

    /// <summary>Empties the pool and sets how many it keeps.</summary>
    public void Reset(int capacity)
    {
        if (_pinned.Length < capacity)
        {
            _pinned = GC.AllocateUninitializedArray<ulong>(capacity, pinned: true);
            _keys = (ulong*)Marshal.UnsafeAddrOfPinnedArrayElement(_pinned, 0);
        }
        _capacity = capacity;
        Count = 0;
    }

    /// <summary>Takes a candidate in if it is among the nearest; returns its place, or <see cref="int.MaxValue"/> if it is not.</summary>
    public int Insert(ulong key)
    {
        if (Count == _capacity)
        {
            if (key >= _keys[Count - 1])
                return int.MaxValue;
            Count--;
        }
        int place = LowerBound(key);
        Buffer.MemoryCopy(_keys + place, _keys + place + 1, (long)(Count - place) * sizeof(ulong), (long)(Count - place) * sizeof(ulong));
        _keys[place] = key;
        Count++;
        return place;
    }

    /// <summary>Marks the nearest unmarked candidate from <paramref name="place"/> on and returns its id, or -1 if all are marked.</summary>
    public int TakeFrom(ref int place)
    {
        for (; place < Count; place++)
        {
            if ((_keys[place] & NeighborKey.Mark) != 0)
                continue;
            int id = NeighborKey.Id(_keys[place]);
            _keys[place] |= NeighborKey.Mark;
            return id;
        }
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int LowerBound(ulong key)
    {
        int low = 0, length = Count;
        while (length > 0)
        {
            int half = length >> 1;
            bool right = _keys[low + half] < key;
            low = right ? low + half + 1 : low;
            length = right ? length - half - 1 : half;
        }
        return low;
    }
}

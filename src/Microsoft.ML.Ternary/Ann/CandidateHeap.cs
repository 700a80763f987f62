// The candidates that a filtered graph search has yet to follow. It must go on past more nodes than it keeps, so these are as many as
// it takes, in a binary heap with the nearest on top.
namespace Microsoft.ML.Ternary.Ann;

internal sealed class CandidateHeap
{
    private ulong[] _keys = new ulong[64];

    public int Count { get; private set; }

    /// <summary>The nearest; there must be one.</summary>
    public ulong Nearest => _keys[0];

    public void Clear() => Count = 0;

    public void Add(ulong key)
    {
        if (Count == _keys.Length)
            Array.Resize(ref _keys, 2 * Count);
        int place = Count++;
        while (place > 0)
        {
            int parent = (place - 1) >> 1;
            if (_keys[parent] <= key)
                break;
            _keys[place] = _keys[parent];
            place = parent;
        }
        _keys[place] = key;
    }

    /// <summary>Removes the nearest and returns it.</summary>
    public ulong Take()
    {
        ulong nearest = _keys[0];
        ulong last = _keys[--Count];
        int place = 0;
        for (int child = 1; child < Count; child = 2 * place + 1)
        {
            if (child + 1 < Count && _keys[child + 1] < _keys[child])
                child++;
            if (last <= _keys[child])
                break;
            _keys[place] = _keys[child];
            place = child;
        }
        _keys[place] = last;
        return nearest;
    }
}

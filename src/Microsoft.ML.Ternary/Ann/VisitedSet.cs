// Which nodes a graph search has seen. Forgetting them all is one increment: a node counts as seen only if its byte holds the
// current epoch. Bytes keep the set small enough for the cache; they are cleared once in 255 searches.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed class VisitedSet
{
    private byte[] _epochs = [];
    private byte _epoch;
    private int _count;

    /// <summary>Makes room for nodes 0 to <paramref name="count"/> - 1.</summary>
    public void Reserve(int count)
    {
        if (_epochs.Length < count)
        {
            _epochs = new byte[count + count / 8];
            _epoch = 0;
        }
        _count = count;
    }

    public void Clear()
    {
        if (_epoch == byte.MaxValue)
        {
            Array.Clear(_epochs);
            _epoch = 0;
        }
        _epoch++;
    }

    /// <summary>Adds a node; false if it was there already, or if there is no such node: links that are followed while others are
    /// written may lead to one that came after the search began.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(int id)
    {
        if ((uint)id >= (uint)_count)
            return false;
        ref byte epoch = ref _epochs[id];
        if (epoch == _epoch)
            return false;
        epoch = _epoch;
        return true;
    }
}

// Which nodes a graph search has seen. Forgetting them all is one increment: a node counts as seen only if its byte holds the
// current epoch. Bytes keep the set small enough for the cache; they are cleared once in 255 searches.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Ann;

internal sealed class VisitedSet(int count)
{
    private readonly byte[] _epochs = new byte[count];
    private byte _epoch;

    public void Clear()
    {
        if (_epoch == byte.MaxValue)
        {
            Array.Clear(_epochs);
            _epoch = 0;
        }
        _epoch++;
    }

    /// <summary>Adds a node; false if it was there already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(int id)
    {
        ref byte epoch = ref _epochs[id];
        if (epoch == _epoch)
            return false;
        epoch = _epoch;
        return true;
    }
}

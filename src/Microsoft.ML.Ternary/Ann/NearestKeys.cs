// Collects the k nearest of a stream of candidates, for scans that see every vector. Candidates gather in a buffer that is
// sorted and cut to k when it is full: amortised constant work each, whatever k is, and most are turned away by one comparison.
namespace Microsoft.ML.Ternary.Ann;

internal sealed class NearestKeys
{
    private ulong[] _keys = [];
    private int _capacity;
    private int _count;
    private int _k;

    /// <summary>Keys from this one on cannot be among the k nearest any more.</summary>
    public ulong Bound { get; private set; }

    /// <summary>How many are held: at least k once k have come.</summary>
    public int Count => _count;

    /// <summary>Starts a new collection.</summary>
    public void Reset(int k)
    {
        _k = k;
        _count = 0;
        _capacity = checked(2 * k + 64);
        Bound = ulong.MaxValue;
        if (_keys.Length < _capacity)
            _keys = GC.AllocateUninitializedArray<ulong>(_capacity);
    }

    public void Add(ulong key)
    {
        if (key >= Bound)
            return;
        if (_count == _capacity)
        {
            Cut();
            if (key >= Bound)
                return;
        }
        _keys[_count++] = key;
    }

    /// <summary>The k nearest (fewer if fewer came), ascending; valid until the next <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<ulong> Sorted()
    {
        Cut();
        return _keys.AsMemory(0, _count);
    }

    private void Cut()
    {
        _keys.AsSpan(0, _count).Sort();
        if (_count < _k)
            return;
        _count = _k;
        Bound = _keys[_k - 1];
    }
}

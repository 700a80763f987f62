// The ids that a search may return, prepared once for many searches: a bit each to ask, and sorted to go through.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A set of ids that a search may return; see <see cref="SearchOptions.AllowList"/>. It does not change and may be shared by
/// searches on many threads.</summary>
public sealed class AllowList
{
    private readonly int[] _ids;
    private readonly ulong[] _words;

    /// <summary>Takes the ids, in any order, repeated or not; ids that an index does not have are ignored by it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative.</exception>
    public AllowList(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        int[] sorted = [.. ids.Distinct()];
        Array.Sort(sorted);
        if (sorted.Length > 0 && sorted[0] < 0)
            throw new ArgumentOutOfRangeException(nameof(ids), sorted[0], "Ids are not negative.");
        _ids = sorted;
        _words = new ulong[sorted.Length == 0 ? 0 : (sorted[^1] >> 6) + 1];
        foreach (int id in sorted)
            _words[id >> 6] |= 1UL << (id & 63);
    }

    /// <summary>The number of ids.</summary>
    public int Count => _ids.Length;

    /// <summary>The ids, ascending.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>Whether an id is in the set.</summary>
    public bool Contains(int id)
    {
        int word = id >> 6;
        return (uint)word < (uint)_words.Length && (_words[word] >> (id & 63) & 1) != 0;
    }
}

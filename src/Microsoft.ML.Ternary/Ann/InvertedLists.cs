// Lists of slots, for indexes that look only where vectors like the query were put: the lists of an inverted file and the buckets of a
// hash table. What was there when the index was built lies together, list after list; what is added later hangs on its list as a
// chain, the newest first.
//
// Searches read chains while they grow, without locks: a slot's link is written before the slot becomes the head of its chain, and
// the head is what a search reads first.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Lists of slots. One thread adds; reading is safe meanwhile.</summary>
internal sealed class InvertedLists
{
    private readonly int[] _starts;
    private readonly int[]? _members;

    // Both hold, for a slot that was added, its number among the added ones + 1; 0 is the end of a chain.
    private int[] _heads = [];
    private int[] _links = [];
    private int _added;

    /// <summary>Takes the lists as they were built.</summary>
    /// <param name="starts">Where each list begins among the members, and how many members there are.</param>
    /// <param name="members">The slots, list after list, or null if slots are in this order themselves.</param>
    public InvertedLists(int[] starts, int[]? members)
    {
        _starts = starts;
        _members = members;
    }

    /// <summary>Number of lists.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Slots that were there when the lists were built: 0 to this.</summary>
    public int Built => _starts[^1];

    /// <summary>Slots added since.</summary>
    public int Added => _added;

    public ReadOnlySpan<int> Starts => _starts;

    /// <summary>All slots that were there when the lists were built, list after list.</summary>
    public ReadOnlySpan<int> Members => _members;

    public long MemoryBytes => ((long)_starts.Length + (_members?.Length ?? 0) + _heads.Length + _links.Length) * sizeof(int);

    /// <summary>The place among the members at which a list begins.</summary>
    public int Start(int list) => _starts[list];

    /// <summary>The place among the members at which a list ends.</summary>
    public int End(int list) => _starts[list + 1];

    /// <summary>The slots of a list that were there when it was built.</summary>
    public ReadOnlySpan<int> BuiltMembers(int list) => _members.AsSpan(_starts[list].._starts[list + 1]);

    /// <summary>The slots added to a list, the newest first.</summary>
    public Chain AddedMembers(int list)
    {
        int[] heads = Volatile.Read(ref _heads);
        int head = heads.Length == 0 ? 0 : Volatile.Read(ref heads[list]);
        // After the head: these links then hold its chain.
        return new Chain(Volatile.Read(ref _links), Built, head);
    }

    /// <summary>Makes room for more slots.</summary>
    public void Reserve(int count)
    {
        int needed = checked(_added + count);
        int[] links = _links;
        if (needed > links.Length)
            Array.Resize(ref links, (int)Math.Min(Array.MaxLength, needed + needed / 2L));
        Volatile.Write(ref _links, links);
        if (_heads.Length == 0)
            Volatile.Write(ref _heads, new int[Count]);
    }

    /// <summary>Adds the next slot, for which there is room, to a list, or to none if <paramref name="list"/> is -1.</summary>
    public void Add(int list)
    {
        int number = ++_added;
        if (list < 0)
            return;
        _links[number - 1] = _heads[list];
        Volatile.Write(ref _heads[list], number);
    }

    /// <summary>The list of each slot, or -1, beginning with <paramref name="first"/>.</summary>
    public int[] ListOfSlots(int first)
    {
        int[] listOf = new int[Built + _added - first];
        Array.Fill(listOf, -1);
        for (int list = 0; list < Count; list++)
        {
            for (int place = Start(list); place < End(list); place++)
            {
                int slot = _members is null ? place : _members[place];
                if (slot >= first)
                    listOf[slot - first] = list;
            }
            for (Chain chain = AddedMembers(list); chain.MoveNext();)
                listOf[chain.Current - first] = list;
        }
        return listOf;
    }

    /// <summary>Goes along the slots added to a list.</summary>
    internal struct Chain(int[] links, int built, int head)
    {
        private int _next = head;

        public int Current { get; private set; }

        public bool MoveNext()
        {
            if (_next == 0)
                return false;
            Current = built + _next - 1;
            _next = links[_next - 1];
            return true;
        }
    }
}

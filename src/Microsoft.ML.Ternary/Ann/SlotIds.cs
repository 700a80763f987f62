// A vector's slot is its place in memory; its id is what users know it by and never changes. As long as nothing was compacted or
// put in another order the two are the same number, and this costs nothing.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Which id each slot has. One thread changes it at a time; reading is safe meanwhile.</summary>
internal sealed class SlotIds
{
    // Null as long as slot and id are the same.
    private int[]? _ids;

    // Null as long as ids ascend with slots, which lets a binary search find them.
    private int[]? _slots;
    private int _count;
    private int _next;

    /// <summary>Ids 0 to <paramref name="count"/> - 1, each its own slot.</summary>
    public SlotIds(int count)
    {
        _count = count;
        _next = count;
    }

    /// <summary>Given ids, all different and below <paramref name="next"/>.</summary>
    public SlotIds(int[] ids, int next)
    {
        _count = ids.Length;
        _next = next;
        if (IsIdentity(ids) && next == ids.Length)
            return;
        _ids = ids;
        if (!Ascends(ids))
            _slots = Invert(ids, next);
    }

    /// <summary>The id of the next vector to be added: ids are never used again.</summary>
    public int Next => Volatile.Read(ref _next);

    /// <summary>Whether ids ascend with slots, so that order by slot is order by id.</summary>
    public bool IsAscending => _slots is null;

    public long MemoryBytes => ((_ids?.Length ?? 0) + (_slots?.Length ?? 0)) * (long)sizeof(int);

    /// <summary>The ids, slot by slot, or null if each is its slot.</summary>
    public ReadOnlySpan<int> ToSpan() => _ids is null ? default : _ids.AsSpan(0, _count);

    public bool IsOwnSlot => _ids is null;

    public int Id(int slot) => Volatile.Read(ref _ids) is { } ids ? ids[slot] : slot;

    /// <summary>The slot of an id, or -1 if no vector has it.</summary>
    public int Slot(int id)
    {
        int count = Volatile.Read(ref _count);
        if (Volatile.Read(ref _slots) is { } slots)
            return (uint)id < (uint)slots.Length ? slots[id] : -1;
        if (Volatile.Read(ref _ids) is not { } ids)
            return (uint)id < (uint)count ? id : -1;
        return Math.Max(-1, Array.BinarySearch(ids, 0, Math.Min(count, ids.Length), id));
    }

    /// <summary>Makes room for <paramref name="count"/> more, so that <see cref="Append"/> cannot fail.</summary>
    /// <exception cref="InvalidOperationException">There are no ids left for so many.</exception>
    public void Reserve(int count)
    {
        if (int.MaxValue - _next < count)
            throw new InvalidOperationException($"The index has given out {_next} ids, and ids are 32-bit: build a new index of the vectors it holds.");
        if (_ids is { } ids && _count + count > ids.Length)
        {
            Array.Resize(ref ids, Grown(_count + count));
            Volatile.Write(ref _ids, ids);
        }
        if (_slots is { } slots && _next + count > slots.Length)
        {
            int known = slots.Length;
            Array.Resize(ref slots, Grown(_next + count));
            slots.AsSpan(known).Fill(-1);
            Volatile.Write(ref _slots, slots);
        }
    }

    /// <summary>Gives the next <paramref name="count"/> slots, for which there is room, the next ids.</summary>
    public void Append(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_ids is not null)
                _ids[_count + i] = _next + i;
            if (_slots is not null)
                Volatile.Write(ref _slots[_next + i], _count + i);
        }
        Volatile.Write(ref _next, _next + count);
        Volatile.Write(ref _count, _count + count);
    }

    private static int Grown(int needed) => (int)Math.Min(Array.MaxLength, needed + (long)needed / 2);

    private static bool IsIdentity(int[] ids)
    {
        for (int slot = 0; slot < ids.Length; slot++)
        {
            if (ids[slot] != slot)
                return false;
        }
        return true;
    }

    private static bool Ascends(int[] ids)
    {
        for (int slot = 1; slot < ids.Length; slot++)
        {
            if (ids[slot] <= ids[slot - 1])
                return false;
        }
        return true;
    }

    private static int[] Invert(int[] ids, int next)
    {
        int[] slots = new int[next];
        Array.Fill(slots, -1);
        for (int slot = 0; slot < ids.Length; slot++)
            slots[ids[slot]] = slot;
        return slots;
    }
}

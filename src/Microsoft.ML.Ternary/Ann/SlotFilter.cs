// Decides which slots a search may return: not the deleted ones, and those that the search's own filter accepts.
namespace Microsoft.ML.Ternary.Ann;

internal struct SlotFilter
{
    private SlotBits? _deleted;
    private AllowList? _allowed;
    private Func<int, bool>? _accepts;
    private SlotIds _ids;
    private bool _isThinned;

    /// <summary>Whether there is anything to ask.</summary>
    public readonly bool IsActive => _deleted is not null || _allowed is not null || _accepts is not null;

    /// <summary>Whether so many vectors may be left out that a search must look further than usual: it has a filter of its own, or
    /// more than a quarter of the vectors are deleted.</summary>
    public readonly bool IsChosen => _allowed is not null || _accepts is not null || _isThinned;

    /// <summary>The ids allowed, if they are listed.</summary>
    public readonly AllowList? Allowed => _allowed;

    public void Set(IndexVectors vectors, SearchOptions? options)
    {
        _deleted = vectors.Deleted.Count > 0 ? vectors.Deleted : null;
        _isThinned = vectors.Deleted.Count > vectors.Count / 4;
        _allowed = options?.AllowList;
        _accepts = options?.Filter;
        _ids = vectors.Ids;
    }

    public readonly bool Accepts(int slot)
    {
        if (_deleted is not null && _deleted.Contains(slot))
            return false;
        if (_allowed is null && _accepts is null)
            return true;
        int id = _ids.Id(slot);
        return (_allowed is null || _allowed.Contains(id)) && (_accepts is null || _accepts(id));
    }
}

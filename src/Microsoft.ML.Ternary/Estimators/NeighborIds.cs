// What neighbours are known by: row numbers, or the values of an id column, which travel with the index. One class for numbers of
// every type, one for text. An index may have grown, or hold too few vectors, since the ids were collected: what has no id is missing.
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

/// <summary>The nearest vectors of the current row; -1 where there is none.</summary>
internal delegate ReadOnlySpan<int> NearestRows();

/// <summary>Turns the numbers of vectors into what users know them by.</summary>
internal abstract class NeighborIds
{
    /// <summary>The type of one id.</summary>
    public abstract PrimitiveDataViewType ItemType { get; }

    /// <summary>How many vectors have an id: those numbered from 0 to this, exclusive.</summary>
    public abstract int Count { get; }

    /// <summary>A getter of a vector of ids.</summary>
    public abstract Delegate MakeGetter(NearestRows nearest);

    /// <summary>Adds the ids to the annotations of a key column, as the values of its keys.</summary>
    public abstract void AddKeyValues(DataViewSchema.Annotations.Builder annotations);

    /// <summary>What is written to a file, see <see cref="IdSections"/>.</summary>
    public abstract IEnumerable<KeyValuePair<string, byte[]>> Sections();

    /// <summary>A getter of a vector of keys, 1 + the number of the vector; 0 is missing.</summary>
    public ValueGetter<VBuffer<uint>> MakeKeyGetter(NearestRows nearest) => (ref VBuffer<uint> keys) =>
    {
        ReadOnlySpan<int> rows = nearest();
        VBufferEditor<uint> editor = VBufferEditor.Create(ref keys, rows.Length);
        for (int i = 0; i < rows.Length; i++)
            editor.Values[i] = Has(rows[i]) ? (uint)rows[i] + 1 : 0;
        keys = editor.Commit();
    };

    private protected bool Has(int row) => (uint)row < (uint)Count;
}

/// <summary>Ids of one .NET type.</summary>
internal abstract class NeighborIds<T> : NeighborIds
{
    public sealed override Delegate MakeGetter(NearestRows nearest) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> ids) =>
    {
        ReadOnlySpan<int> rows = nearest();
        VBufferEditor<T> editor = VBufferEditor.Create(ref ids, rows.Length);
        for (int i = 0; i < rows.Length; i++)
            editor.Values[i] = Has(rows[i]) ? Id(rows[i]) : Missing(rows[i]);
        ids = editor.Commit();
    });

    public sealed override void AddKeyValues(DataViewSchema.Annotations.Builder annotations) =>
        annotations.AddKeyValues(Count, ItemType, (ref VBuffer<T> values) =>
        {
            VBufferEditor<T> editor = VBufferEditor.Create(ref values, Count);
            for (int row = 0; row < Count; row++)
                editor.Values[row] = Id(row);
            values = editor.Commit();
        });

    /// <summary>The id of a vector that has one.</summary>
    protected abstract T Id(int row);

    /// <summary>What stands for a vector without an id, or for none.</summary>
    protected abstract T Missing(int row);
}

/// <summary>Known by row number.</summary>
internal sealed class RowNumberIds(int count) : NeighborIds<long>
{
    public override PrimitiveDataViewType ItemType => NumberDataViewType.Int64;

    public override int Count => count;

    public override IEnumerable<KeyValuePair<string, byte[]>> Sections() =>
    [
        new(IdSections.Type, IdSections.RowNumbers()),
        new(IdSections.Values, BitConverter.GetBytes(count)),
    ];

    protected override long Id(int row) => row;

    // A vector that was added later has its number all the same, and no vector is -1.
    protected override long Missing(int row) => row;
}

/// <summary>Known by a number.</summary>
internal sealed class NumberIds<T>(T[] values) : NeighborIds<T> where T : unmanaged
{
    private static readonly T Nothing = typeof(T) == typeof(float) ? (T)(object)float.NaN : typeof(T) == typeof(double) ? (T)(object)double.NaN : default;

    public override PrimitiveDataViewType ItemType => IdTypes.Number(typeof(T))!;

    public override int Count => values.Length;

    public override IEnumerable<KeyValuePair<string, byte[]>> Sections() =>
    [
        new(IdSections.Type, IdSections.Encode(ItemType)),
        new(IdSections.Values, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()),
    ];

    protected override T Id(int row) => values[row];

    protected override T Missing(int row) => Nothing;
}

/// <summary>Known by a text: all in one array of characters, with the end of each.</summary>
internal sealed class TextIds(char[] characters, int[] ends) : NeighborIds<ReadOnlyMemory<char>>
{
    public override PrimitiveDataViewType ItemType => TextDataViewType.Instance;

    public override int Count => ends.Length;

    public override IEnumerable<KeyValuePair<string, byte[]>> Sections() =>
    [
        new(IdSections.Type, IdSections.Encode(ItemType)),
        new(IdSections.Values, MemoryMarshal.AsBytes(characters.AsSpan()).ToArray()),
        new(IdSections.Ends, MemoryMarshal.AsBytes(ends.AsSpan()).ToArray()),
    ];

    protected override ReadOnlyMemory<char> Id(int row)
    {
        int start = row == 0 ? 0 : ends[row - 1];
        return characters.AsMemory(start, ends[row] - start);
    }

    protected override ReadOnlyMemory<char> Missing(int row) => default;
}

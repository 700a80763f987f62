// What neighbours are known by: row numbers, or the values of an id column, which travel with the index in its file. One class for
// numbers of every type, one for text.
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>The nearest vectors of the current row.</summary>
internal delegate ReadOnlySpan<int> NearestRows();

/// <summary>Turns the numbers of vectors into what users know them by.</summary>
internal abstract class NeighborIds
{
    /// <summary>The type of one id.</summary>
    public abstract PrimitiveDataViewType ItemType { get; }

    /// <summary>How many there are, or -1 if there is one for any number.</summary>
    public abstract int Count { get; }

    /// <summary>A getter of a vector of ids.</summary>
    public abstract Delegate MakeGetter(NearestRows nearest);

    /// <summary>Adds the ids to an index file.</summary>
    public abstract void AddSections(VectorIndexFileWriter file);
}

/// <summary>Known by row number.</summary>
internal sealed class RowNumberIds : NeighborIds
{
    public override PrimitiveDataViewType ItemType => NumberDataViewType.Int64;

    public override int Count => -1;

    public override Delegate MakeGetter(NearestRows nearest) => (ValueGetter<VBuffer<long>>)((ref VBuffer<long> ids) =>
    {
        ReadOnlySpan<int> rows = nearest();
        VBufferEditor<long> editor = VBufferEditor.Create(ref ids, rows.Length);
        for (int i = 0; i < rows.Length; i++)
            editor.Values[i] = rows[i];
        ids = editor.Commit();
    });

    public override void AddSections(VectorIndexFileWriter file)
    {
    }
}

/// <summary>Known by a number.</summary>
internal sealed class NumberIds<T>(T[] values) : NeighborIds where T : unmanaged
{
    public override PrimitiveDataViewType ItemType => IdTypes.Number(typeof(T))!;

    public override int Count => values.Length;

    public override Delegate MakeGetter(NearestRows nearest) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> ids) =>
    {
        ReadOnlySpan<int> rows = nearest();
        VBufferEditor<T> editor = VBufferEditor.Create(ref ids, rows.Length);
        for (int i = 0; i < rows.Length; i++)
            editor.Values[i] = values[rows[i]];
        ids = editor.Commit();
    });

    public override void AddSections(VectorIndexFileWriter file)
    {
        file.Add(IdSections.Type, IdSections.Encode(ItemType));
        file.Add(IdSections.Values, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }
}

/// <summary>Known by a text: all in one array of characters, with the end of each.</summary>
internal sealed class TextIds(char[] characters, int[] ends) : NeighborIds
{
    public override PrimitiveDataViewType ItemType => TextDataViewType.Instance;

    public override int Count => ends.Length;

    public override Delegate MakeGetter(NearestRows nearest) => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> ids) =>
    {
        ReadOnlySpan<int> rows = nearest();
        VBufferEditor<ReadOnlyMemory<char>> editor = VBufferEditor.Create(ref ids, rows.Length);
        for (int i = 0; i < rows.Length; i++)
            editor.Values[i] = Text(rows[i]);
        ids = editor.Commit();
    });

    public override void AddSections(VectorIndexFileWriter file)
    {
        file.Add(IdSections.Type, IdSections.Encode(ItemType));
        file.Add(IdSections.Values, MemoryMarshal.AsBytes(characters.AsSpan()).ToArray());
        file.Add(IdSections.Ends, MemoryMarshal.AsBytes(ends.AsSpan()).ToArray());
    }

    private ReadOnlyMemory<char> Text(int row)
    {
        int start = row == 0 ? 0 : ends[row - 1];
        return characters.AsMemory(start, ends[row] - start);
    }
}

// While texts are gathered to be embedded together, the other active columns of the same rows wait here, one typed window a
// column, because the source's cursor has moved on by the time a row is handed out.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

/// <summary>The values of one source column for the rows of a look-ahead window.</summary>
internal abstract class ColumnWindow
{
    /// <summary>Creates the window of a column whose values may be kept: a primitive or a vector of primitives.</summary>
    public static ColumnWindow Create(DataViewRowCursor input, DataViewSchema.Column column)
    {
        Type window = column.Type is VectorDataViewType vector
            ? typeof(VectorWindow<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(ValueWindow<>).MakeGenericType(column.Type.RawType);
        return (ColumnWindow)Activator.CreateInstance(window, input, column)!;
    }

    /// <summary>Makes room for <paramref name="rows"/> rows.</summary>
    public abstract void Reserve(int rows);

    /// <summary>Keeps the input cursor's current value as row <paramref name="row"/> of the window.</summary>
    public abstract void Store(int row);
}

/// <summary>A window that hands out values of type <typeparamref name="T"/>.</summary>
internal abstract class ColumnWindow<T>(DataViewRowCursor input, DataViewSchema.Column column) : ColumnWindow
{
    private readonly ValueGetter<T> _source = input.GetGetter<T>(column);
    private T[] _values = [];

    public sealed override void Reserve(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, rows);
    }

    public sealed override void Store(int row) => _source(ref _values[row]);

    public void Load(int row, ref T destination) => Copy(in _values[row], ref destination);

    protected abstract void Copy(in T value, ref T destination);
}

/// <summary>A window of values that assignment copies.</summary>
internal sealed class ValueWindow<T>(DataViewRowCursor input, DataViewSchema.Column column) : ColumnWindow<T>(input, column)
{
    protected override void Copy(in T value, ref T destination) => destination = value;
}

/// <summary>A window of vectors. Their buffers belong to the window, so a reader gets a copy.</summary>
internal sealed class VectorWindow<T>(DataViewRowCursor input, DataViewSchema.Column column)
    : ColumnWindow<VBuffer<T>>(input, column)
{
    protected override void Copy(in VBuffer<T> value, ref VBuffer<T> destination) => value.CopyTo(ref destination);
}

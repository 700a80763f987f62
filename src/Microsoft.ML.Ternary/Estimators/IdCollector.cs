// Reads the ids from the cursor that reads the vectors.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

internal abstract class IdCollector
{
    /// <summary>A collector for the rows of a cursor, or of row numbers if there is no id column.</summary>
    public static IdCollector Create(DataViewRowCursor cursor, DataViewSchema.Column? column)
    {
        if (column is null)
            return new NoIds();
        if (column.Value.Type is TextDataViewType)
            return new TextCollector(cursor.GetGetter<ReadOnlyMemory<char>>(column.Value));
        return Type.GetTypeCode(column.Value.Type.RawType) switch
        {
            TypeCode.SByte => Numbers<sbyte>(cursor, column.Value),
            TypeCode.Byte => Numbers<byte>(cursor, column.Value),
            TypeCode.Int16 => Numbers<short>(cursor, column.Value),
            TypeCode.UInt16 => Numbers<ushort>(cursor, column.Value),
            TypeCode.Int32 => Numbers<int>(cursor, column.Value),
            TypeCode.UInt32 => Numbers<uint>(cursor, column.Value),
            TypeCode.Int64 => Numbers<long>(cursor, column.Value),
            TypeCode.UInt64 => Numbers<ulong>(cursor, column.Value),
            TypeCode.Single => Numbers<float>(cursor, column.Value),
            _ => Numbers<double>(cursor, column.Value),
        };
    }

    /// <summary>Takes the id of the cursor's current row.</summary>
    public abstract void Add();

    /// <summary>The ids taken so far.</summary>
    public abstract NeighborIds Collected();

    private static NumberCollector<T> Numbers<T>(DataViewRowCursor cursor, DataViewSchema.Column column) where T : unmanaged =>
        new(cursor.GetGetter<T>(column));

    private sealed class NoIds : IdCollector
    {
        private int _count;

        public override void Add() => _count++;

        public override NeighborIds Collected() => new RowNumberIds(_count);
    }

    private sealed class NumberCollector<T>(ValueGetter<T> getter) : IdCollector where T : unmanaged
    {
        private readonly List<T> _values = [];

        public override void Add()
        {
            T value = default;
            getter(ref value);
            _values.Add(value);
        }

        public override NeighborIds Collected() => new NumberIds<T>([.. _values]);
    }

    private sealed class TextCollector(ValueGetter<ReadOnlyMemory<char>> getter) : IdCollector
    {
        private readonly List<char> _characters = [];
        private readonly List<int> _ends = [];

        public override void Add()
        {
            ReadOnlyMemory<char> text = default;
            getter(ref text);
            _characters.AddRange(text.Span);
            _ends.Add(_characters.Count);
        }

        public override NeighborIds Collected() => new TextIds([.. _characters], [.. _ends]);
    }
}

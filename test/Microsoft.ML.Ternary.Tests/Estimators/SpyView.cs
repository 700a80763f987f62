// A data view that counts what is asked of it and can break on a given row.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

internal sealed class SpyView(IDataView source) : IDataView
{
    private int _rowsRead, _cursorsOpen;

    public int RowsRead => _rowsRead;

    public int CursorsOpen => _cursorsOpen;

    public List<string> ActiveColumns { get; } = [];

    /// <summary>Reading this row throws.</summary>
    public int BrokenRow { get; init; } = -1;

    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        ActiveColumns.AddRange(columns.Select(column => column.Name));
        Interlocked.Increment(ref _cursorsOpen);
        return new Cursor(this, source.GetRowCursor(columns, rand));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(SpyView view, DataViewRowCursor input) : DataViewRowCursor
    {
        private bool _disposed;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => input.Schema;

        public override bool MoveNext()
        {
            if (Position + 1 == view.BrokenRow)
                throw new InvalidDataException("broken row");
            bool moved = input.MoveNext();
            if (moved)
                Interlocked.Increment(ref view._rowsRead);
            return moved;
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => input.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => input.IsColumnActive(column);

        protected override void Dispose(bool disposing)
        {
            if (!_disposed)
                Interlocked.Decrement(ref view._cursorsOpen);
            _disposed = true;
            input.Dispose();
            base.Dispose(disposing);
        }
    }
}

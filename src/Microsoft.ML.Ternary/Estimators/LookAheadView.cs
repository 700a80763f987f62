// ML.NET asks for rows one at a time; a model embeds many texts or images together far faster. This view stands between the two:
// its cursors gather a window of rows, embed their items in one call, and hand the rows back in order with every other active
// column as it was. Columns pass through untouched, and nothing is embedded, where the vector column is not asked for.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Ternary;

/// <summary>A data view with one vector column added, computed from windows of rows.</summary>
internal sealed class LookAheadView<TItem> : RowToRowMapperTransformBase, ITransformTemplate
{
    private readonly ITransformer _transformer;
    private readonly EmbeddingColumn _column;
    private readonly EmbeddingInput<TItem> _items;
    private readonly ItemEmbedding<TItem> _embed;
    private readonly ColumnBindings _bindings;
    private readonly DataViewSchema.Column _input;

    /// <summary>Creates the view.</summary>
    /// <param name="host">Where channels, errors and cancellation belong.</param>
    /// <param name="source">The rows.</param>
    /// <param name="transformer">Saves this view's state, and makes the same view of other rows.</param>
    /// <param name="column">The columns read and added.</param>
    /// <param name="items">How items are taken out of rows.</param>
    /// <param name="embed">The model.</param>
    /// <param name="windowRows">Most rows that are embedded together.</param>
    public LookAheadView(
        IHost host, IDataView source, ITransformer transformer, EmbeddingColumn column, EmbeddingInput<TItem> items, ItemEmbedding<TItem> embed, int windowRows)
        : base(host, source)
    {
        _transformer = transformer;
        _column = column;
        _items = items;
        _embed = embed;
        WindowRows = windowRows;
        _input = column.Bind(host, source.Schema);
        _bindings = new ColumnBindings(source.Schema, [column.ToColumn()]);
    }

    /// <summary>Most rows that a cursor embeds together.</summary>
    public int WindowRows { get; }

    /// <inheritdoc/>
    public override DataViewSchema OutputSchema => _bindings.Schema;

    private int AddedColumn => _bindings.AddedColumnIndices[0];

    /// <inheritdoc/>
    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        Host.CheckValue(columnsNeeded, nameof(columnsNeeded));
        bool[] active = Active(columnsNeeded);
        DataViewRowCursor[] inputs = Source.GetRowCursorSet(InputsOf(active), n, rand);
        if (inputs.Length == 1 && n > 1 && active[AddedColumn])
            inputs = DataViewUtils.CreateSplitCursors(Host, inputs[0], n);
        return Array.ConvertAll(inputs, input => MakeCursor(input, active));
    }

    IDataTransform ITransformTemplate.ApplyToData(IHostEnvironment env, IDataView newSource) =>
        (IDataTransform)_transformer.Transform(newSource);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx) => ((ICanSaveModel)_transformer).Save(ctx);

    /// <summary>One cursor keeps every core busy, so one is asked for where texts are embedded; otherwise the source decides.</summary>
    protected override bool? ShouldUseParallelCursors(Func<int, bool> predicate) => predicate(AddedColumn) ? false : null;

    /// <inheritdoc/>
    protected override DataViewRowCursor GetRowCursorCore(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = Active(columnsNeeded);
        return MakeCursor(Source.GetRowCursor(InputsOf(active), rand), active);
    }

    /// <inheritdoc/>
    protected override IEnumerable<DataViewSchema.Column> GetDependenciesCore(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        InputsOf(Active(dependingColumns));

    /// <inheritdoc/>
    protected override Delegate[] CreateGetters(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns, out Action disp)
    {
        disp = () => { };
        return Active(activeColumns)[AddedColumn] ? [MakeRowGetter(input)] : new Delegate[1];
    }

    /// <inheritdoc/>
    protected override int MapColumnIndex(out bool isSrc, int col) => _bindings.MapColumnIndex(out isSrc, col);

    // A row's item may be asked for by several columns downstream; the last embedding is kept for them.
    private ValueGetter<VBuffer<float>> MakeRowGetter(DataViewRow input)
    {
        Func<TItem> getItem = _items.Open(input, _input);
        TItem[] items = new TItem[1];
        bool isEmbedded = false;
        float[] embedding = new float[_column.Dimension];
        return (ref VBuffer<float> destination) =>
        {
            TItem item = getItem();
            if (!isEmbedded || !_items.AreSame(item, items[0]))
            {
                Host.CheckAlive();
                isEmbedded = false;
                items[0] = item;
                _embed(items, embedding, CancellationToken.None);
                isEmbedded = true;
            }
            CopyTo(embedding, ref destination);
        };
    }

    private static void CopyTo(ReadOnlySpan<float> embedding, ref VBuffer<float> destination)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref destination, embedding.Length);
        embedding.CopyTo(editor.Values);
        destination = editor.Commit();
    }

    private bool[] Active(IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        Func<int, bool> predicate = RowCursorUtils.FromColumnsToPredicate(columnsNeeded, OutputSchema);
        return [.. Enumerable.Range(0, OutputSchema.Count).Select(predicate)];
    }

    private IEnumerable<DataViewSchema.Column> InputsOf(bool[] active)
    {
        bool[] inputs = _bindings.GetActiveInput(i => active[i]);
        inputs[_input.Index] |= active[AddedColumn];
        return Source.Schema.Where(column => inputs[column.Index]);
    }

    // Values that ML.NET calls not cacheable (images, for one) belong to the row they came with and cannot wait in a window. What is
    // only embedded need not: the items made of it can.
    private DataViewRowCursor MakeCursor(DataViewRowCursor input, bool[] active)
    {
        if (!active[AddedColumn])
            return new RowCursor(this, input, active, getEmbedding: null);
        bool[] kept = _bindings.GetActiveInput(i => active[i]);
        if (!DataViewUtils.AllCacheable(input.Schema, column => kept[column.Index]))
            return new RowCursor(this, input, active, MakeRowGetter(input));
        return new WindowCursor(this, input, active);
    }

    private ValueGetter<TValue> Cast<TValue>(Delegate getter) =>
        getter as ValueGetter<TValue>
        ?? throw Host.Except($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");

    /// <summary>Follows the source row by row.</summary>
    private sealed class RowCursor(LookAheadView<TItem> view, DataViewRowCursor input, bool[] active, Delegate? getEmbedding)
        : SynchronizedCursorBase(view.Host, input)
    {
        public override DataViewSchema Schema => view.OutputSchema;

        public override bool IsColumnActive(DataViewSchema.Column column)
        {
            Ch.CheckParam(column.Index < active.Length, nameof(column));
            return active[column.Index];
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column is not active");
            int index = view._bindings.MapColumnIndex(out bool isSource, column.Index);
            return isSource ? Input.GetGetter<TValue>(Input.Schema[index]) : view.Cast<TValue>(getEmbedding!);
        }
    }

    /// <summary>Runs ahead of its reader by a window of rows.</summary>
    private sealed class WindowCursor : RootCursorBase
    {
        // Windows grow to their full size, so that a reader that takes a few rows does not wait for hundreds to be embedded.
        private const int FirstWindowRows = 32;

        private readonly LookAheadView<TItem> _view;
        private readonly DataViewRowCursor _input;
        private readonly bool[] _active;
        private readonly ColumnWindow?[] _columns;
        private readonly Func<TItem> _getItem;
        private readonly ValueGetter<DataViewRowId> _getId;
        private TItem[] _items = [];
        private DataViewRowId[] _ids = [];
        private long[] _batches = [];
        private float[] _embeddings = [];
        private int _capacity = FirstWindowRows / 2;
        private int _count;
        private int _row = -1;
        private bool _embedded;
        private bool _inputDisposed;

        public WindowCursor(LookAheadView<TItem> view, DataViewRowCursor input, bool[] active)
            : base(view.Host)
        {
            _view = view;
            _input = input;
            _active = active;
            bool[] kept = view._bindings.GetActiveInput(i => active[i]);
            _columns = [.. input.Schema.Select(column => kept[column.Index] ? ColumnWindow.Create(input, column) : null)];
            _getItem = view._items.Open(input, view._input);
            _getId = input.GetIdGetter();
        }

        public override DataViewSchema Schema => _view.OutputSchema;

        /// <summary>The current row's batch in the source, by which rows of a cursor set are put back in order.</summary>
        public override long Batch => _row >= 0 && _row < _count ? _batches[_row] : 0;

        public override bool IsColumnActive(DataViewSchema.Column column)
        {
            Ch.CheckParam(column.Index < _active.Length, nameof(column));
            return _active[column.Index];
        }

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Ch.CheckParam(IsColumnActive(column), nameof(column), "requested column is not active");
            int index = _view._bindings.MapColumnIndex(out bool isSource, column.Index);
            if (!isSource)
                return _view.Cast<TValue>((ValueGetter<VBuffer<float>>)LoadEmbedding);
            if (_columns[index] is not ColumnWindow<TValue> window)
                throw Ch.Except($"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{column.Type.RawType}'.");
            return (ref TValue value) =>
            {
                CheckRow();
                window.Load(_row, ref value);
            };
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() =>
            (ref DataViewRowId id) =>
            {
                CheckRow();
                id = _ids[_row];
            };

        protected override bool MoveNextCore()
        {
            if (++_row < _count)
                return true;
            _row = 0;
            Fill();
            return _count > 0;
        }

        protected override void Dispose(bool disposing)
        {
            if (_inputDisposed)
                return;
            _inputDisposed = true;
            if (disposing)
                _input.Dispose();
            base.Dispose(disposing);
        }

        private void CheckRow() => Ch.Check(IsGood, "Cannot get a value before the first MoveNext or after the last.");

        private void Fill()
        {
            _view.Host.CheckAlive();
            _count = 0;
            _embedded = false;
            Reserve(Math.Min(_capacity * 2, _view.WindowRows));
            // Large items fill a window sooner than many rows do: it bounds memory and the time to the first row.
            for (long size = 0; _count < _capacity && size < _view._items.MaxWindowSize && _input.MoveNext(); _count++)
            {
                _items[_count] = _getItem();
                size += _view._items.SizeOf(_items[_count]);
                _getId(ref _ids[_count]);
                _batches[_count] = _input.Batch;
                foreach (ColumnWindow? column in _columns)
                    column?.Store(_count);
            }
        }

        private void Reserve(int rows)
        {
            if (rows == _capacity && _items.Length == rows)
                return;
            _capacity = rows;
            Array.Resize(ref _items, rows);
            Array.Resize(ref _ids, rows);
            Array.Resize(ref _batches, rows);
            _embeddings = new float[checked(rows * _view._column.Dimension)];
            foreach (ColumnWindow? column in _columns)
                column?.Reserve(rows);
        }

        private void LoadEmbedding(ref VBuffer<float> destination)
        {
            CheckRow();
            if (!_embedded)
                EmbedWindow();
            int dimension = _view._column.Dimension;
            CopyTo(_embeddings.AsSpan(_row * dimension, dimension), ref destination);
        }

        // At the first request for a vector of this window: rows that a filter drops altogether cost nothing.
        private void EmbedWindow()
        {
            using HostCancellation cancellation = new(_view.Host);
            _view._embed(new ArraySegment<TItem>(_items, 0, _count), _embeddings.AsSpan(0, _count * _view._column.Dimension), cancellation.Token);
            _embedded = true;
        }
    }
}

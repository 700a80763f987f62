// The index in a pipeline: every row gets its nearest neighbours among the rows that the index was fitted on. One search serves
// both output columns, each cursor searches for itself on one shared index, and the index is saved inside ML.NET's model.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Ann;

[assembly: LoadableClass(AnnIndexTransformer.Summary, typeof(AnnIndexTransformer), null, typeof(SignatureLoadModel), "Nearest neighbors", AnnIndexTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(AnnIndexTransformer), null, typeof(SignatureLoadRowMapper), "Nearest neighbors", AnnIndexTransformer.LoaderSignature)]

namespace Microsoft.ML.Ternary;

/// <summary>Adds to each row its nearest neighbours in an index of vectors, and their distances.</summary>
/// <remarks>Made by <see cref="AnnIndexEstimator"/>. Both columns are vectors of known size K, sorted by distance, ascending; for
/// every metric smaller is nearer (see <see cref="AnnMetric"/>).</remarks>
public sealed class AnnIndexTransformer : RowToRowTransformerBase
{
    internal const string Summary = "Finds the nearest neighbours of a vector in an index.";
    internal const string LoaderSignature = "AnnIndexTransformer";

    private const string IndexStream = "Index";

    private readonly NeighborIds _ids;
    private readonly SearchOptions _searchOptions;

    internal AnnIndexTransformer(IHostEnvironment env, AnnIndexColumns columns, int k, int efSearch, VectorIndex index, NeighborIds ids)
        : base(env.Register(nameof(AnnIndexTransformer)))
    {
        Columns = columns;
        K = k;
        Index = index;
        _ids = ids;
        _searchOptions = new SearchOptions { EfSearch = efSearch };
    }

    private AnnIndexTransformer(IHost host, ModelLoadContext ctx)
        : base(host)
    {
        // *** Binary format ***
        // string: input column; string: neighbors column; string: distances column; int: K; int: efSearch
        // binary stream "Index": the index file, with the ids
        Columns = new AnnIndexColumns(ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString());
        K = ctx.Reader.ReadInt32();
        _searchOptions = new SearchOptions { EfSearch = ctx.Reader.ReadInt32() };
        VectorIndex? index = null;
        NeighborIds? ids = null;
        try
        {
            if (!ctx.TryLoadBinaryStream(IndexStream, reader => (index, ids) = Read(new VectorIndexFileReader(reader.BaseStream, "The index in the model"))))
                throw Host.ExceptDecode("The model has no stream 'Index': it is damaged; save it again.");
        }
        catch (InvalidDataException e)
        {
            // Marked as an error that a component means to raise; ML.NET would wrap it in a TargetInvocationException otherwise.
            Host.Process(e);
            throw;
        }
        Index = index!;
        _ids = ids!;
        Host.CheckDecode(K >= 1 && K <= Index.Count && _searchOptions.EfSearch >= 0);
    }

    /// <summary>The index.</summary>
    public VectorIndex Index { get; }

    /// <summary>How many neighbours each row gets.</summary>
    public int K { get; }

    internal AnnIndexColumns Columns { get; }

    /// <summary>Saves the index with its ids to a file of its own, for <see cref="AnnIndexOptions.IndexFile"/> or
    /// <see cref="VectorIndex.Load(string)"/>. The file appears whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written, for instance because the disk is full; an older one is unchanged.</exception>
    public void SaveIndex(string path)
    {
        Host.CheckNonEmpty(path, nameof(path));
        AtomicFile.Write(path, FileWriter().Write);
    }

    /// <summary>Reads an index and its ids.</summary>
    internal static (VectorIndex Index, NeighborIds Ids) Read(VectorIndexFileReader file) => (VectorIndexFile.Create(file), IdSections.Read(file));

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        ctx.SaveNonEmptyString(Columns.Input);
        ctx.SaveNonEmptyString(Columns.Neighbors);
        ctx.SaveNonEmptyString(Columns.Distances);
        ctx.Writer.Write(K);
        ctx.Writer.Write(_searchOptions.EfSearch);
        ctx.SaveBinaryStream(IndexStream, writer => FileWriter().Write(writer.BaseStream));
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "ANNINDEX",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(AnnIndexTransformer).Assembly.FullName);

    private static AnnIndexTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        return new AnnIndexTransformer(env.Register(nameof(AnnIndexTransformer)), ctx);
    }

    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema inputSchema) =>
        Create(env, ctx).MakeRowMapper(inputSchema);

    private VectorIndexFileWriter FileWriter()
    {
        VectorIndexFileWriter file = new(Index);
        _ids.AddSections(file);
        return file;
    }

    private sealed class Mapper : MapperBase
    {
        private readonly AnnIndexTransformer _transformer;
        private readonly DataViewSchema.Column _input;

        public Mapper(AnnIndexTransformer parent, DataViewSchema schema)
            : base(parent.Host.Register(nameof(Mapper)), schema, parent)
        {
            _transformer = parent;
            _input = parent.Columns.FindInput(Host, schema, out int dimension);
            if (dimension != parent.Index.Dimension)
                throw Host.ExceptParam(nameof(schema), $"Column '{_input.Name}' has dimension {dimension}, the index has {parent.Index.Dimension}: give it the embedding that the index was fitted on.");
        }

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            Delegate[] getters = new Delegate[2];
            if (!activeOutput(0) && !activeOutput(1))
                return getters;
            RowSearch search = new(_transformer, Host, input, _input);
            if (activeOutput(0))
                getters[0] = _transformer._ids.MakeGetter(search.Rows);
            if (activeOutput(1))
                getters[1] = (ValueGetter<VBuffer<float>>)search.GetDistances;
            return getters;
        }

        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
        [
            new(_transformer.Columns.Neighbors, new VectorDataViewType(_transformer._ids.ItemType, _transformer.K), null),
            new(_transformer.Columns.Distances, new VectorDataViewType(NumberDataViewType.Single, _transformer.K), null),
        ];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            bool active = activeOutput(0) || activeOutput(1);
            return column => active && column == _input.Index;
        }

        protected override void SaveModel(ModelSaveContext ctx) => _transformer.SaveModel(ctx);
    }

    // The neighbours of one cursor's current row, searched for once.
    private sealed class RowSearch
    {
        // Not -1, which is where a cursor stands before its first row.
        private const long NoRow = long.MinValue;

        private readonly AnnIndexTransformer _parent;
        private readonly IHost _host;
        private readonly DataViewRow _row;
        private readonly ValueGetter<VBuffer<float>> _getter;
        private readonly int[] _ids;
        private readonly float[] _distances;
        private float[] _dense = [];
        private VBuffer<float> _vector;
        private long _position = NoRow;

        public RowSearch(AnnIndexTransformer parent, IHost host, DataViewRow row, DataViewSchema.Column input)
        {
            _parent = parent;
            _host = host;
            _row = row;
            _getter = row.GetGetter<VBuffer<float>>(row.Schema[input.Index]);
            _ids = new int[parent.K];
            _distances = new float[parent.K];
        }

        public ReadOnlySpan<int> Rows()
        {
            Search();
            return _ids;
        }

        public void GetDistances(ref VBuffer<float> destination)
        {
            Search();
            VBufferEditor<float> editor = VBufferEditor.Create(ref destination, _distances.Length);
            _distances.CopyTo(editor.Values);
            destination = editor.Commit();
        }

        private void Search()
        {
            if (_position == _row.Position)
                return;
            _position = NoRow;
            _getter(ref _vector);
            ReadOnlySpan<float> query = DenseVector.Read(in _vector, ref _dense);
            _parent.Columns.CheckVector(_host, query, _parent.Index.Dimension, _parent.Index.Metric, _row.Position);
            _parent.Index.Search(query, _parent.K, _ids, _distances, _parent._searchOptions);
            _position = _row.Position;
        }
    }
}

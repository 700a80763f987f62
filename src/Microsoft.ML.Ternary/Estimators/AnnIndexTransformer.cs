// The index in a pipeline: every row gets its nearest neighbours among the rows that the index was fitted on. Each query column is
// searched for once a row, each cursor searches for itself on one shared index, and the index is saved with ML.NET's model.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Ann;

[assembly: LoadableClass(AnnIndexTransformer.Summary, typeof(AnnIndexTransformer), null, typeof(SignatureLoadModel), "Nearest neighbors", AnnIndexTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(AnnIndexTransformer), null, typeof(SignatureLoadRowMapper), "Nearest neighbors", AnnIndexTransformer.LoaderSignature)]

namespace Microsoft.ML.Ternary;

/// <summary>Adds to each row its nearest neighbours in an index of vectors, and their distances.</summary>
/// <remarks>
/// <para>Made by <see cref="AnnIndexEstimator"/>. Both columns are vectors of known size K, sorted by distance, ascending; for
/// every metric smaller is nearer (see <see cref="AnnMetric"/>). Where fewer than K neighbours are found, the rest is missing (see
/// <see cref="NeighborForm"/>) and infinitely far.</para>
/// <para>The data that is transformed has every column of queries; the column that was indexed need not be there unless it is one
/// of them. A column that has the name of a column made is hidden where it is that search's query or a vector of the same type, and an
/// error otherwise.</para>
/// </remarks>
public sealed class AnnIndexTransformer : RowToRowTransformerBase
{
    internal const string Summary = "Finds the nearest neighbours of a vector in an index.";
    internal const string LoaderSignature = "AnnIndexTransformer";

    private const string IndexStream = "Index";
    private const string IdStream = "Ids";

    private readonly AnnIndexColumns _columns;
    private readonly NeighborIds _ids;
    private readonly NeighborOutput _output;

    internal AnnIndexTransformer(IHostEnvironment env, AnnIndexColumns columns, AnnIndexOptions options, VectorIndex index, NeighborIds ids)
        : base(env.Register(nameof(AnnIndexTransformer)))
    {
        _columns = columns;
        K = options.K;
        NeighborsAs = options.NeighborsAs;
        SaveIndexAs = options.SaveIndexAs;
        SearchOptions = options.ForSearch();
        Index = index;
        _ids = ids;
        _output = new NeighborOutput(NeighborsAs, ids);
    }

    private AnnIndexTransformer(IHost host, ModelLoadContext ctx)
        : base(host)
    {
        // *** Binary format ***
        // int: number of searches; for each, string: input column; string: neighbors column; string: distances column
        // int: K; int: NeighborForm; int: efSearch; int: nprobe; int: rescore
        // string: SaveIndexAs, or null
        // without SaveIndexAs, binary stream "Index": the index file, with the ids
        // with SaveIndexAs, int: kind; int: dimension; int: count; long: length; uint: checksum of the header; binary stream "Ids"
        _columns = LoadColumns(host, ctx);
        K = ctx.Reader.ReadInt32();
        NeighborsAs = (NeighborForm)ctx.Reader.ReadInt32();
        SearchOptions = new SearchOptions { EfSearch = ctx.Reader.ReadInt32(), NProbe = ctx.Reader.ReadInt32(), Rescore = ctx.Reader.ReadInt32() };
        SaveIndexAs = ctx.LoadStringOrNull();
        Host.CheckDecode(K >= 1 && Enum.IsDefined(NeighborsAs) && SearchOptions is { EfSearch: >= 0, NProbe: >= 0, Rescore: >= 0 });
        try
        {
            (Index, _ids) = SaveIndexAs is null ? LoadInside(ctx) : LoadBeside(ctx, SaveIndexAs);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // Marked as an error that a component means to raise: ML.NET reports it as a failure to load, with this inside.
            Host.Process(e);
            throw;
        }
        _output = new NeighborOutput(NeighborsAs, _ids);
    }

    /// <summary>The index. It may change: what is deleted from it is found no more, and what is added is found from then on, by its
    /// row number, or as missing where neighbours are known by an id column or as keys.</summary>
    public VectorIndex Index { get; }

    /// <summary>How many neighbours each row gets.</summary>
    public int K { get; }

    /// <summary>The searches: columns of queries and the columns made for each.</summary>
    public IReadOnlyList<AnnQueryColumns> Queries => _columns.Queries;

    /// <summary>In which form neighbours are given.</summary>
    public NeighborForm NeighborsAs { get; }

    /// <summary>The name of the file next to a saved model that holds the index; null if the model itself does.</summary>
    public string? SaveIndexAs { get; }

    internal SearchOptions SearchOptions { get; }

    /// <summary>Saves the index with its ids to a file of its own, for <see cref="AnnIndexOptions.IndexFile"/> or
    /// <see cref="VectorIndex.Load(string, int)"/>. The file appears whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written, for instance because the disk is full; an older one is unchanged.</exception>
    public void SaveIndex(string path)
    {
        Host.CheckNonEmpty(path, nameof(path));
        AtomicFile.Write(path, stream => AnnIndexFile.Write(Index, _ids, stream));
    }

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        ctx.Writer.Write(Queries.Count);
        foreach (AnnQueryColumns query in Queries)
        {
            ctx.SaveNonEmptyString(query.Input);
            ctx.SaveNonEmptyString(query.Neighbors);
            ctx.SaveNonEmptyString(query.Distances);
        }
        ctx.Writer.Write(K);
        ctx.Writer.Write((int)NeighborsAs);
        ctx.Writer.Write(SearchOptions.EfSearch);
        ctx.Writer.Write(SearchOptions.NProbe);
        ctx.Writer.Write(SearchOptions.Rescore);
        ctx.SaveStringOrNull(SaveIndexAs);
        if (SaveIndexAs is null)
            ctx.SaveBinaryStream(IndexStream, writer => AnnIndexFile.Write(Index, _ids, writer.BaseStream));
        else
            SaveBeside(ctx, AnnIndexReference.Save(Host, SaveIndexAs, Index, ctx.Repository));
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "ANNINDEX",
        verWrittenCur: 0x00010002, // several searches, keys, an index next to the model
        verReadableCur: 0x00010002,
        verWeCanReadBack: 0x00010002,
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

    private static AnnIndexColumns LoadColumns(IHost host, ModelLoadContext ctx)
    {
        int count = ctx.Reader.ReadInt32();
        host.CheckDecode(count >= 1);
        List<AnnQueryColumns> queries = [];
        for (int i = 0; i < count; i++)
            queries.Add(new AnnQueryColumns(ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString()));
        return new AnnIndexColumns(host, queries);
    }

    private (VectorIndex Index, NeighborIds Ids) LoadInside(ModelLoadContext ctx)
    {
        (VectorIndex, NeighborIds)? loaded = null;
        if (!ctx.TryLoadBinaryStream(IndexStream, reader => loaded = AnnIndexFile.Read(reader.BaseStream, "The index in the model")))
            throw Host.ExceptDecode("The model has no stream 'Index': it is damaged; save it again.");
        return loaded!.Value;
    }

    private void SaveBeside(ModelSaveContext ctx, AnnIndexReference reference)
    {
        ctx.Writer.Write((int)reference.Kind);
        ctx.Writer.Write(reference.Dimension);
        ctx.Writer.Write(reference.Count);
        ctx.Writer.Write(reference.Length);
        ctx.Writer.Write(reference.HeadChecksum);
        ctx.SaveBinaryStream(IdStream, writer => IdSections.Write(_ids, writer));
    }

    private (VectorIndex Index, NeighborIds Ids) LoadBeside(ModelLoadContext ctx, string name)
    {
        if (AnnIndexReference.ProblemOf(name) is string problem)
            throw Host.ExceptDecode($"The model says that its index is in a file '{name}' next to it, which {problem}: the model is damaged or was altered. Save it again.");
        AnnIndexReference reference = new(
            name, (AnnIndexKind)ctx.Reader.ReadInt32(), ctx.Reader.ReadInt32(), ctx.Reader.ReadInt32(), ctx.Reader.ReadInt64(), ctx.Reader.ReadUInt32());
        NeighborIds? ids = null;
        if (!ctx.TryLoadBinaryStream(IdStream, reader => ids = IdSections.Read(reader, "The ids in the model")))
            throw Host.ExceptDecode("The model has no stream 'Ids': it is damaged; save it again.");
        return (reference.Load(ctx.Repository), ids!);
    }

    private sealed class Mapper : MapperBase
    {
        // Columns made for each search.
        private const int Made = 2;

        private readonly AnnIndexTransformer _transformer;
        private readonly DataViewSchema.Column[] _inputs;

        public Mapper(AnnIndexTransformer parent, DataViewSchema schema)
            : base(parent.Host.Register(nameof(Mapper)), schema, parent)
        {
            _transformer = parent;
            _inputs = [.. parent.Queries.Select(query => FindQuery(query.Input))];
            parent._columns.CheckOutputs(Host, schema, parent._output.ItemType);
        }

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            Delegate[] getters = new Delegate[_inputs.Length * Made];
            for (int query = 0; query < _inputs.Length; query++)
            {
                int neighbors = query * Made, distances = neighbors + 1;
                if (!activeOutput(neighbors) && !activeOutput(distances))
                    continue;
                AnnIndexRowSearch search = new(_transformer, Host, input, _inputs[query]);
                if (activeOutput(neighbors))
                    getters[neighbors] = _transformer._output.MakeGetter(search.Rows);
                if (activeOutput(distances))
                    getters[distances] = (ValueGetter<VBuffer<float>>)search.GetDistances;
            }
            return getters;
        }

        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
        [
            .. _transformer.Queries.SelectMany(query => new DataViewSchema.DetachedColumn[]
            {
                _transformer._output.ToColumn(query.Neighbors, _transformer.K),
                new(query.Distances, new VectorDataViewType(NumberDataViewType.Single, _transformer.K), null),
            }),
        ];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer) =>
            CreateGetters(input, i => i == iinfo, out disposer)[iinfo];

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            HashSet<int> needed = [.. _inputs.Where((_, query) => activeOutput(query * Made) || activeOutput(query * Made + 1)).Select(input => input.Index)];
            return needed.Contains;
        }

        protected override void SaveModel(ModelSaveContext ctx) => _transformer.SaveModel(ctx);

        private DataViewSchema.Column FindQuery(string name)
        {
            DataViewSchema.Column column = AnnIndexColumns.FindVectors(Host, InputSchema, "query", name, out int dimension);
            if (dimension != _transformer.Index.Dimension)
                throw Host.ExceptParam("schema", $"Column '{name}' has dimension {dimension}, the index has {_transformer.Index.Dimension}: give it the embedding that the index was fitted on.");
            return column;
        }
    }
}

// Builds the index from a column of vectors: one pass over the data, then the graph.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>Builds an index of the vectors in a column and finds each row's nearest neighbours in it.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// |  |  |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | Yes, once |
/// | Input column data type | Known-size vector of <xref:System.Single> |
/// | Output column data types | Known-size vector of the ids' type (<xref:System.Int64> row numbers without an id column); known-size vector of <xref:System.Single> |
/// | Exportable to ONNX | No |
/// ]]></format>
/// </remarks>
public sealed class AnnIndexEstimator : IEstimator<AnnIndexTransformer>
{
    // How many rows are read between two looks at whether the user has cancelled.
    private const int CheckEvery = 256;

    private readonly IHost _host;
    private readonly AnnIndexColumns _columns;
    private readonly AnnIndexOptions _options;

    internal AnnIndexEstimator(IHostEnvironment env, string outputColumnName, string inputColumnName, AnnIndexOptions? options)
    {
        _host = env.Register(nameof(AnnIndexEstimator));
        _host.CheckNonWhiteSpace(outputColumnName, nameof(outputColumnName));
        _host.CheckNonWhiteSpace(inputColumnName, nameof(inputColumnName));
        _options = options ?? new AnnIndexOptions();
        _host.CheckUserArg(!string.IsNullOrWhiteSpace(_options.DistancesColumn), nameof(AnnIndexOptions.DistancesColumn), "must be a column name");
        _host.CheckUserArg(Enum.IsDefined(_options.Kind), nameof(AnnIndexOptions.Kind), "must be Flat or Hnsw");
        _host.CheckUserArg(_options.K >= 1, nameof(AnnIndexOptions.K), "must be at least 1");
        _options.Hnsw(0).Validate();
        _columns = new AnnIndexColumns(inputColumnName, outputColumnName, _options.DistancesColumn);
    }

    /// <summary>Builds the index, or loads <see cref="AnnIndexOptions.IndexFile"/>.</summary>
    /// <param name="input">Rows whose vectors are indexed.</param>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type, an output column exists, or K is larger than the
    /// number of rows.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a vector holds NaN or infinity or is all zeros under cosine.</exception>
    /// <exception cref="InvalidDataException">The index file is truncated, altered or of a newer version.</exception>
    /// <exception cref="OperationCanceledException">The context was cancelled.</exception>
    public AnnIndexTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        DataViewSchema.Column column = _columns.FindInput(_host, input.Schema, out int dimension);
        DataViewSchema.Column? idColumn = AnnIndexColumns.FindId(_host, input.Schema, _options.IdColumn);
        _columns.CheckOutputs(_host, name => input.Schema.GetColumnOrNull(name) is not null);
        (VectorIndex index, NeighborIds ids) = _options.IndexFile is null ? Build(input, column, idColumn, dimension) : Load(dimension);
        if (_options.K > index.Count)
            throw _host.ExceptUserArg(nameof(AnnIndexOptions.K), $"{_options.K} neighbours are asked for, but the index has only {index.Count} vectors: lower K, or index more rows.");
        return new AnnIndexTransformer(_host, _columns, _options.K, _options.EfSearch, index, ids);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        if (!inputSchema.TryFindColumn(_columns.Input, out SchemaShape.Column column))
            throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", _columns.Input);
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || column.IsKey || column.ItemType != NumberDataViewType.Single)
            throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", _columns.Input, "known-size vector of Single", column.GetTypeString());
        _columns.CheckOutputs(_host, name => inputSchema.TryFindColumn(name, out _));
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(existing => existing.Name);
        columns[_columns.Neighbors] = new SchemaShape.Column(_columns.Neighbors, SchemaShape.Column.VectorKind.Vector, IdType(inputSchema), false);
        columns[_columns.Distances] = new SchemaShape.Column(_columns.Distances, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false);
        return new SchemaShape(columns.Values);
    }

    private DataViewType IdType(SchemaShape schema)
    {
        if (_options.IndexFile is not null)
            return LoadFile().Ids.ItemType;
        if (_options.IdColumn is null)
            return NumberDataViewType.Int64;
        if (!schema.TryFindColumn(_options.IdColumn, out SchemaShape.Column column))
            throw _host.ExceptSchemaMismatch("inputSchema", "id (option IdColumn)", _options.IdColumn);
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.IsKey || !IdTypes.CanBeId(column.ItemType))
            throw _host.ExceptSchemaMismatch("inputSchema", "id (option IdColumn)", _options.IdColumn, "text or a number", column.GetTypeString());
        return column.ItemType;
    }

    private (VectorIndex Index, NeighborIds Ids) Load(int dimension)
    {
        (VectorIndex index, NeighborIds ids) = LoadFile();
        if (index.Dimension != dimension)
            throw _host.ExceptParam("input", $"Column '{_columns.Input}' has dimension {dimension}, the index in {_options.IndexFile} has {index.Dimension}: use the embedding that the index was built with.");
        return (index, ids);
    }

    private (VectorIndex Index, NeighborIds Ids) LoadFile() => AnnIndexTransformer.Read(VectorIndexFileReader.Open(_options.IndexFile!));

    private (VectorIndex Index, NeighborIds Ids) Build(IDataView input, DataViewSchema.Column column, DataViewSchema.Column? idColumn, int dimension)
    {
        using IChannel channel = _host.Start("Building the index");
        (Float32VectorStore store, NeighborIds ids) = ReadVectors(input, column, idColumn, dimension);
        if (_options.Kind == AnnIndexKind.Flat)
            return (FlatIndex.Build(store, new FlatOptions { Metric = _options.Metric }, default), ids);
        using HostProgress progress = new(_host, "Building the index", "vectors");
        using HostCancellation cancellation = new(_host);
        HnswIndex index = HnswIndex.Build(store, _options.Hnsw(_options.Seed ?? ContextSeed), progress, cancellation.Token);
        channel.Info($"Indexed {index.Count} vectors of dimension {dimension}: {index.MemoryBytes} bytes.");
        return (index, ids);
    }

    // The context's own seed, not a draw from the host's generator: the same seed then gives the same graph whatever else was made
    // from the context before.
    private int ContextSeed => (_host as IHostEnvironmentInternal)?.Seed ?? 1;

    private (Float32VectorStore Store, NeighborIds Ids) ReadVectors(IDataView input, DataViewSchema.Column column, DataViewSchema.Column? idColumn, int dimension)
    {
        Float32VectorStore store = new(dimension, _options.Metric, (int)Math.Min(input.GetRowCount() ?? 0, 1 << 20));
        DataViewSchema.Column[] needed = idColumn is null ? [column] : [column, idColumn.Value];
        using DataViewRowCursor cursor = input.GetRowCursor(needed);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        IdCollector ids = IdCollector.Create(cursor, idColumn);
        // Pulling rows is what embeds them, so this is often the longest part of Fit.
        using HostProgress progress = new(_host, "Reading vectors", "vectors");
        int total = (int)Math.Min(input.GetRowCount() ?? 0, int.MaxValue);
        VBuffer<float> vector = default;
        float[] dense = [];
        while (cursor.MoveNext())
        {
            if (store.Count % CheckEvery == 0)
            {
                _host.CheckAlive();
                progress.Report(new IndexBuildProgress(store.Count, Math.Max(total, store.Count)));
            }
            getter(ref vector);
            VectorProblem problem = store.Append(DenseVector.Read(in vector, ref dense));
            if (problem != VectorProblem.None)
                throw _columns.Wrong(_host, problem, store.Count);
            ids.Add();
        }
        if (store.Count == 0)
            throw _host.Except($"There are no rows to index: column '{_columns.Input}' of the input is empty.");
        store.Trim();
        return (store, ids.Collected());
    }
}

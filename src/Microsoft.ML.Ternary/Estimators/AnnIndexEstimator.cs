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
/// | Output column data types | Known-size vector of the ids' type (<xref:System.Int64> row numbers without an id column); known-size vector of <xref:System.Single>. With NeighborsAs = Keys the neighbours are keys whose values are the ids |
/// | Exportable to ONNX | No |
/// ]]></format>
/// </remarks>
public sealed class AnnIndexEstimator : IEstimator<AnnIndexTransformer>
{
    private readonly IHost _host;
    private readonly string _indexed;
    private readonly AnnIndexColumns _columns;
    private readonly AnnIndexOptions _options;

    internal AnnIndexEstimator(IHostEnvironment env, IReadOnlyList<InputOutputColumnPair> pairs, AnnIndexOptions? options)
    {
        _host = env.Register(nameof(AnnIndexEstimator));
        _host.CheckParam(pairs.Count > 0, "columns", "at least one pair of columns is needed");
        foreach (InputOutputColumnPair pair in pairs)
        {
            _host.CheckValue(pair, "columns");
            _host.CheckNonWhiteSpace(pair.OutputColumnName, "outputColumnName");
            _host.CheckNonWhiteSpace(pair.InputColumnName, "inputColumnName");
        }
        _options = options ?? new AnnIndexOptions();
        _options.Validate(_host);
        _indexed = _options.IndexedColumn ?? pairs[0].InputColumnName;
        _columns = new AnnIndexColumns(_host, [.. pairs.Select(Query), .. _options.Queries]);
    }

    /// <summary>Builds the index, or loads <see cref="AnnIndexOptions.IndexFile"/>.</summary>
    /// <param name="input">Rows whose vectors are indexed. Of the columns of queries only the indexed one must be there; but a chain
    /// transforms what it is fitted on, and then all must.</param>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type, an output's name belongs to a column that it
    /// cannot be meant to replace, or K is larger than the number of rows.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a vector holds NaN or infinity or is all zeros under cosine.</exception>
    /// <exception cref="InvalidDataException">The index file is truncated, altered or of a newer version.</exception>
    /// <exception cref="OperationCanceledException">The context was cancelled.</exception>
    public AnnIndexTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        DataViewSchema.Column column = AnnIndexColumns.FindVectors(_host, input.Schema, "input", _indexed, out int dimension);
        CheckQueries(input.Schema, dimension);
        (VectorIndex index, NeighborIds ids) = _options.IndexFile is null ? Build(input, column, dimension) : Load(input.Schema, dimension);
        return new AnnIndexTransformer(_host, _columns, _options, index, ids);
    }

    /// <summary>The schema's shape with the columns made, for data that has the indexed column and all columns of queries.</summary>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type, or an output's name belongs to a column that it
    /// cannot be meant to replace.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        AnnIndexColumns.CheckVectors(_host, inputSchema, "input", _indexed);
        foreach (AnnQueryColumns query in _columns.Queries)
            AnnIndexColumns.CheckVectors(_host, inputSchema, "query", query.Input);
        DataViewType idType = _options.IndexFile is null
            ? AnnIndexColumns.IdType(_host, inputSchema, _options.IdColumn)
            : TypeOfIds(_options.IndexFile);
        NeighborForm form = _options.NeighborsAs;
        _columns.CheckOutputs(_host, inputSchema, NeighborOutput.ShapeType(form, idType), form == NeighborForm.Keys);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(existing => existing.Name);
        foreach (AnnQueryColumns query in _columns.Queries)
        {
            columns[query.Neighbors] = NeighborOutput.Shape(query.Neighbors, form, idType);
            columns[query.Distances] = new SchemaShape.Column(query.Distances, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false);
        }
        return new SchemaShape(columns.Values);
    }

    // The first pair's distances have the name that the options say; those of further ones bear their neighbours' name in front.
    private AnnQueryColumns Query(InputOutputColumnPair pair, int number) =>
        new(pair.InputColumnName, pair.OutputColumnName, number == 0 ? _options.DistancesColumn : pair.OutputColumnName + _options.DistancesColumn);

    // Queries may come later; those that are here already are looked at before the index is built, not after.
    private void CheckQueries(DataViewSchema schema, int dimension)
    {
        foreach (AnnQueryColumns query in _columns.Queries.Where(query => schema.GetColumnOrNull(query.Input) is not null))
        {
            AnnIndexColumns.FindVectors(_host, schema, "query", query.Input, out int found);
            if (found != dimension)
                throw _host.ExceptParam("input", $"Column '{query.Input}' has dimension {found}, the indexed column '{_indexed}' has {dimension}: give both the same embedding.");
        }
    }

    private void CheckK(int count)
    {
        if (_options.K > count)
            throw _host.ExceptUserArg(nameof(AnnIndexOptions.K), $"{_options.K} neighbours are asked for, but the index has only {count} vectors: lower K, or index more rows.");
    }

    private static DataViewType TypeOfIds(string path)
    {
        (VectorIndex index, NeighborIds ids) = AnnIndexFile.Load(path);
        using (index)
            return ids.ItemType;
    }

    private void CheckOutputs(DataViewSchema schema, PrimitiveDataViewType idType) =>
        _columns.CheckOutputs(_host, schema, _options.NeighborsAs == NeighborForm.Keys ? new KeyDataViewType(typeof(uint), 1) : idType);

    private (VectorIndex Index, NeighborIds Ids) Load(DataViewSchema schema, int dimension)
    {
        (VectorIndex index, NeighborIds ids) = AnnIndexFile.Load(_options.IndexFile!);
        CheckOutputs(schema, ids.ItemType);
        CheckK(index.Count);
        if (index.Dimension != dimension)
            throw _host.ExceptParam("input", $"Column '{_indexed}' has dimension {dimension}, the index in {_options.IndexFile} has {index.Dimension}: use the embedding that the index was built with.");
        return (index, ids);
    }

    private (VectorIndex Index, NeighborIds Ids) Build(IDataView input, DataViewSchema.Column column, int dimension)
    {
        DataViewSchema.Column? idColumn = AnnIndexColumns.FindId(_host, input.Schema, _options.IdColumn);
        CheckOutputs(input.Schema, (PrimitiveDataViewType?)idColumn?.Type ?? NumberDataViewType.Int64);
        using IChannel channel = _host.Start("Building the index");
        (Float32VectorStore store, NeighborIds ids) = ReadVectors(input, column, idColumn);
        CheckK(store.Count);
        using HostProgress progress = new(_host, "Building the index", "vectors");
        using HostCancellation cancellation = new(_host);
        VectorIndex index = _options.Build(store, ContextSeed, progress, cancellation.Token);
        channel.Info($"Indexed {index.Count} vectors of dimension {dimension}: {index.MemoryBytes} bytes.");
        return (index, ids);
    }

    // The context's own seed, not a draw from the host's generator: the same seed then gives the same graph whatever else was made
    // from the context before.
    private int ContextSeed => (_host as IHostEnvironmentInternal)?.Seed ?? 1;

    private (Float32VectorStore Store, NeighborIds Ids) ReadVectors(IDataView input, DataViewSchema.Column column, DataViewSchema.Column? idColumn)
    {
        DataViewSchema.Column[] needed = idColumn is null ? [column] : [column, idColumn.Value];
        using DataViewRowCursor cursor = input.GetRowCursor(needed);
        IdCollector ids = IdCollector.Create(cursor, idColumn);
        Float32VectorStore store = VectorColumnReader.Read(_host, cursor, column, _options.Metric, input.GetRowCount(), _host.CheckAlive, ids.Add);
        return (store, ids.Collected());
    }
}

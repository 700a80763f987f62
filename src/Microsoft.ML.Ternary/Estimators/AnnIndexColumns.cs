// The columns of a nearest-neighbour transform and the errors about them, the same when fitting, when loading and when mapping.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>The searches of a transform, each with the columns that it reads and makes.</summary>
internal sealed class AnnIndexColumns
{
    private const string ExpectedVector = "known-size vector of Single";
    private const string ExpectedId = "text or a number";
    private const string ChooseAnother = "Choose another output name (outputColumnName, or option DistancesColumn or Queries)";

    /// <summary>Checks the names.</summary>
    /// <exception cref="ArgumentException">A name is missing, or two columns made have the same.</exception>
    public AnnIndexColumns(IExceptionContext context, IReadOnlyList<AnnQueryColumns> queries)
    {
        Queries = queries;
        HashSet<string> made = [];
        foreach (AnnQueryColumns query in queries)
        {
            if (query is null || new[] { query.Input, query.Neighbors, query.Distances }.Any(string.IsNullOrWhiteSpace))
                throw context.ExceptUserArg(nameof(AnnIndexOptions.Queries), $"Each search needs the names of three columns, but one has {query?.ToString() ?? "none"}.");
            foreach (string name in new[] { query.Neighbors, query.Distances })
            {
                if (!made.Add(name))
                    throw context.ExceptUserArg(nameof(AnnIndexOptions.DistancesColumn), $"Two output columns are called '{name}': give one another name (outputColumnName, or option DistancesColumn or Queries).");
            }
        }
    }

    /// <summary>The searches.</summary>
    public IReadOnlyList<AnnQueryColumns> Queries { get; }

    /// <summary>A column of vectors and its dimension.</summary>
    public static DataViewSchema.Column FindVectors(IHost host, DataViewSchema schema, string role, string name, out int dimension)
    {
        DataViewSchema.Column? column = schema.GetColumnOrNull(name);
        if (column is null)
            throw host.ExceptSchemaMismatch(nameof(schema), role, name, ExpectedVector, "no such column");
        if (column.Value.Type is not VectorDataViewType { IsKnownSize: true } type || type.ItemType != NumberDataViewType.Single)
            throw host.ExceptSchemaMismatch(nameof(schema), role, name, ExpectedVector, column.Value.Type.ToString());
        dimension = type.Size;
        return column.Value;
    }

    /// <summary>Fails if the shape of a schema has no column of vectors of this name.</summary>
    public static void CheckVectors(IHost host, SchemaShape inputSchema, string role, string name)
    {
        if (!inputSchema.TryFindColumn(name, out SchemaShape.Column column))
            throw host.ExceptSchemaMismatch(nameof(inputSchema), role, name);
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || column.IsKey || column.ItemType != NumberDataViewType.Single)
            throw host.ExceptSchemaMismatch(nameof(inputSchema), role, name, ExpectedVector, column.GetTypeString());
    }

    /// <summary>The id column, if one is asked for.</summary>
    public static DataViewSchema.Column? FindId(IHost host, DataViewSchema schema, string? name)
    {
        if (name is null)
            return null;
        DataViewSchema.Column? column = schema.GetColumnOrNull(name);
        if (column is null)
            throw host.ExceptSchemaMismatch(nameof(schema), "id (option IdColumn)", name, ExpectedId, "no such column");
        if (!IdTypes.CanBeId(column.Value.Type))
            throw host.ExceptSchemaMismatch(nameof(schema), "id (option IdColumn)", name, ExpectedId, column.Value.Type.ToString());
        return column;
    }

    /// <summary>The type of the id column in the shape of a schema; of row numbers if none is asked for.</summary>
    public static DataViewType IdType(IHost host, SchemaShape inputSchema, string? name)
    {
        if (name is null)
            return NumberDataViewType.Int64;
        if (!inputSchema.TryFindColumn(name, out SchemaShape.Column column))
            throw host.ExceptSchemaMismatch(nameof(inputSchema), "id (option IdColumn)", name);
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.IsKey || !IdTypes.CanBeId(column.ItemType))
            throw host.ExceptSchemaMismatch(nameof(inputSchema), "id (option IdColumn)", name, ExpectedId, column.GetTypeString());
        return column.ItemType;
    }

    /// <summary>Fails if an output column would hide a column that it cannot be meant to replace.</summary>
    public void CheckOutputs(IHost host, DataViewSchema schema, DataViewType neighborType)
    {
        foreach (AnnQueryColumns query in Queries)
        {
            OutputNames.Check(host, schema, query.Neighbors, query.Input, neighborType, ChooseAnother);
            OutputNames.Check(host, schema, query.Distances, query.Input, NumberDataViewType.Single, ChooseAnother);
        }
    }

    /// <summary>The same for the shape of a schema.</summary>
    public void CheckOutputs(IHost host, SchemaShape inputSchema, DataViewType neighborType, bool isKey)
    {
        foreach (AnnQueryColumns query in Queries)
        {
            OutputNames.Check(host, inputSchema, query.Neighbors, query.Input, neighborType, isKey, ChooseAnother);
            OutputNames.Check(host, inputSchema, query.Distances, query.Input, NumberDataViewType.Single, isKey: false, ChooseAnother);
        }
    }

    /// <summary>The error about a vector of a row that cannot be indexed or searched for.</summary>
    public static Exception Wrong(IHost host, string column, VectorProblem problem, long row) =>
        host.Except($"Column '{column}' in row {row} {VectorIndex.Describe(problem)}.");
}

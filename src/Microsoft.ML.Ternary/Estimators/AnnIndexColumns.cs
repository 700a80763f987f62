// The columns of a nearest-neighbour transform and the errors about them, the same when fitting, when loading and when mapping.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>Names of the columns read and made.</summary>
internal sealed record AnnIndexColumns(string Input, string Neighbors, string Distances)
{
    private const string Expected = "known-size vector of Single";

    /// <summary>The input column and its dimension.</summary>
    public DataViewSchema.Column FindInput(IHost host, DataViewSchema schema, out int dimension)
    {
        DataViewSchema.Column? column = schema.GetColumnOrNull(Input);
        if (column is null)
            throw host.ExceptSchemaMismatch(nameof(schema), "input", Input, Expected, "no such column");
        if (column.Value.Type is not VectorDataViewType { IsKnownSize: true } type || type.ItemType != NumberDataViewType.Single)
            throw host.ExceptSchemaMismatch(nameof(schema), "input", Input, Expected, column.Value.Type.ToString());
        dimension = type.Size;
        return column.Value;
    }

    /// <summary>The id column, if one is asked for.</summary>
    public static DataViewSchema.Column? FindId(IHost host, DataViewSchema schema, string? name)
    {
        if (name is null)
            return null;
        DataViewSchema.Column? column = schema.GetColumnOrNull(name);
        if (column is null)
            throw host.ExceptSchemaMismatch(nameof(schema), "id (option IdColumn)", name, "text or a number", "no such column");
        if (!IdTypes.CanBeId(column.Value.Type))
            throw host.ExceptSchemaMismatch(nameof(schema), "id (option IdColumn)", name, "text or a number", column.Value.Type.ToString());
        return column;
    }

    /// <summary>Fails if an output column would hide another.</summary>
    public void CheckOutputs(IHost host, Func<string, bool> exists)
    {
        if (Neighbors == Distances)
            throw host.ExceptUserArg(nameof(AnnIndexOptions.DistancesColumn), $"Both output columns are called '{Neighbors}': give DistancesColumn another name.");
        foreach (string name in new[] { Neighbors, Distances })
        {
            if (exists(name))
                throw host.ExceptParam("inputSchema", $"The input has a column '{name}' already: choose another output name (outputColumnName, or option DistancesColumn), or drop the column first.");
        }
    }

    /// <summary>Fails if a vector of a row cannot be indexed or searched for.</summary>
    public void CheckVector(IHost host, ReadOnlySpan<float> vector, int dimension, AnnMetric metric, long row)
    {
        if (vector.Length != dimension)
            throw host.Except($"Column '{Input}' has {vector.Length} components in row {row}, expected {dimension}.");
        VectorProblem problem = VectorStore.Check(vector, metric);
        if (problem != VectorProblem.None)
            throw Wrong(host, problem, row);
    }

    /// <summary>The error about a vector.</summary>
    public Exception Wrong(IHost host, VectorProblem problem, long row) =>
        host.Except($"Column '{Input}' in row {row} {VectorIndex.Describe(problem)}.");
}

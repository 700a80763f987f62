// When a new column may take the name of an existing one: one rule for every transform here, in schemas and in their shapes, so
// that GetOutputSchema, Fit and Transform refuse the same.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Ternary;

/// <summary>ML.NET's transforms hide whatever has their output's name. So do these where that can be meant: the input column, and a
/// vector of the new column's own type, which comes from a chain that is applied to its own output or from a row class that serves
/// input and output. A label or an id may not be hidden: that is a slip, and a costly one.</summary>
internal static class OutputNames
{
    /// <summary>Fails if a new vector column would hide a column that it cannot be meant to replace.</summary>
    /// <param name="context">Raises the error.</param>
    /// <param name="schema">The existing columns.</param>
    /// <param name="output">The new column.</param>
    /// <param name="input">The column that it is made of.</param>
    /// <param name="itemType">The type of its items.</param>
    /// <param name="choose">What else the user could name it, for the error.</param>
    /// <exception cref="ArgumentOutOfRangeException">The name is taken.</exception>
    public static void Check(IExceptionContext context, DataViewSchema schema, string output, string input, DataViewType itemType, string choose)
    {
        if (schema.GetColumnOrNull(output) is not DataViewSchema.Column hidden || output == input)
            return;
        DataViewType hiddenItem = hidden.Type.GetItemType();
        if (hidden.Type is not VectorDataViewType || hiddenItem.RawType != itemType.RawType || hiddenItem is KeyDataViewType != itemType is KeyDataViewType)
            throw Taken(context, nameof(schema), output, hidden.Type, choose);
    }

    /// <summary>The same for the shape of a schema, in which a key is a number with a mark.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The name is taken.</exception>
    public static void Check(IExceptionContext context, SchemaShape inputSchema, string output, string input, DataViewType itemType, bool isKey, string choose)
    {
        if (!inputSchema.TryFindColumn(output, out SchemaShape.Column hidden) || output == input)
            return;
        if (hidden.Kind == SchemaShape.Column.VectorKind.Scalar || hidden.ItemType.RawType != itemType.RawType || hidden.IsKey != isKey)
            throw Taken(context, nameof(inputSchema), output, hidden.GetTypeString(), choose);
    }

    private static Exception Taken(IExceptionContext context, string parameter, string output, object type, string choose) =>
        Contracts.Process(new ArgumentOutOfRangeException(parameter,
            $"Output column '{output}' already exists with type {type}, and the new column would hide it. {choose}, or drop or rename the existing column first."), context);
}

// What an embedding transformer does to a schema: the text column it reads, the vector column it adds, and the errors it
// raises where the two do not fit. Shared by estimators (schema shapes) and transformers (schemas).
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Ternary;

/// <summary>A text column in, a vector column out.</summary>
/// <param name="OutputName">Name of the added column.</param>
/// <param name="InputName">Name of the text column.</param>
/// <param name="Dimension">Components of a vector.</param>
/// <param name="Normalized">Whether vectors have L2 norm 1, which the added column's annotations then say.</param>
internal sealed record EmbeddingColumn(string OutputName, string InputName, int Dimension, bool Normalized)
{
    private const string ExpectedInput = "scalar text";
    private const string ChooseAnother = "Choose another output column name";

    /// <summary>The added column.</summary>
    public DataViewSchema.DetachedColumn ToColumn()
    {
        DataViewSchema.Annotations.Builder annotations = new();
        if (Normalized)
            annotations.Add(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, (ref bool value) => value = true);
        return new DataViewSchema.DetachedColumn(
            OutputName, new VectorDataViewType(NumberDataViewType.Single, Dimension), annotations.ToAnnotations());
    }

    /// <summary>Finds the text column and checks that the output may take its name.</summary>
    /// <returns>The text column.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or of another type, or the output's name belongs
    /// to a column that an embedding cannot be meant to replace.</exception>
    public DataViewSchema.Column Bind(IExceptionContext context, DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(InputName) is not DataViewSchema.Column text)
            throw context.ExceptSchemaMismatch(nameof(schema), "input", InputName);
        if (text.Type is not TextDataViewType)
            throw context.ExceptSchemaMismatch(nameof(schema), "input", InputName, ExpectedInput, text.Type.ToString());
        OutputNames.Check(context, schema, OutputName, InputName, NumberDataViewType.Single, ChooseAnother);
        return text;
    }

    /// <summary>The schema's shape after the transformer, with the same checks as <see cref="Bind"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Bind"/>.</exception>
    public SchemaShape Apply(IExceptionContext context, SchemaShape inputSchema)
    {
        if (!inputSchema.TryFindColumn(InputName, out SchemaShape.Column text))
            throw context.ExceptSchemaMismatch(nameof(inputSchema), "input", InputName);
        if (text.Kind != SchemaShape.Column.VectorKind.Scalar || text.ItemType is not TextDataViewType)
            throw context.ExceptSchemaMismatch(nameof(inputSchema), "input", InputName, ExpectedInput, text.GetTypeString());
        OutputNames.Check(context, inputSchema, OutputName, InputName, NumberDataViewType.Single, isKey: false, ChooseAnother);

        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        columns[OutputName] = new SchemaShape.Column(
            OutputName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, AnnotationShape());
        return new SchemaShape(columns.Values);
    }

    private SchemaShape AnnotationShape()
    {
        List<SchemaShape.Column> annotations = [];
        if (Normalized)
            annotations.Add(new SchemaShape.Column(AnnotationUtils.Kinds.IsNormalized, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance, isKey: false));
        return new SchemaShape(annotations);
    }
}

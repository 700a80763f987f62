// What an embedding transformer does to a schema: the column it reads, the vector column it adds, and the errors it
// raises where the two do not fit. Shared by estimators (schema shapes) and transformers (schemas).
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Ternary;

/// <summary>The types that an embedding may be made of.</summary>
internal enum EmbeddingColumnKind
{
    /// <summary>Scalar text.</summary>
    Text,

    /// <summary>An image, the path of an image file, or a vector of pixels.</summary>
    Image,
}

/// <summary>A text or image column in, a vector column out.</summary>
/// <param name="OutputName">Name of the added column.</param>
/// <param name="InputName">Name of the column that is embedded.</param>
/// <param name="Dimension">Components of a vector.</param>
/// <param name="Normalized">Whether vectors have L2 norm 1, which the added column's annotations then say.</param>
/// <param name="Kind">What is embedded.</param>
internal sealed record EmbeddingColumn(
    string OutputName, string InputName, int Dimension, bool Normalized, EmbeddingColumnKind Kind = EmbeddingColumnKind.Text)
{
    private const string ChooseAnother = "Choose another output column name";

    private string ExpectedInput => Kind == EmbeddingColumnKind.Text
        ? "scalar text"
        : "an image, the text of an image file's path, or a vector of Byte or Single pixels of known size";

    /// <summary>The added column.</summary>
    public DataViewSchema.DetachedColumn ToColumn()
    {
        DataViewSchema.Annotations.Builder annotations = new();
        if (Normalized)
            annotations.Add(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, (ref bool value) => value = true);
        return new DataViewSchema.DetachedColumn(
            OutputName, new VectorDataViewType(NumberDataViewType.Single, Dimension), annotations.ToAnnotations());
    }

    /// <summary>Finds the input column and checks that the output may take its name.</summary>
    /// <returns>The input column.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type, or the output's name belongs
    /// to a column that an embedding cannot be meant to replace.</exception>
    public DataViewSchema.Column Bind(IExceptionContext context, DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(InputName) is not DataViewSchema.Column input)
            throw context.ExceptSchemaMismatch(nameof(schema), "input", InputName);
        if (!Fits(input.Type.GetItemType(), input.Type is VectorDataViewType vector ? vector.Size : null))
            throw context.ExceptSchemaMismatch(nameof(schema), "input", InputName, ExpectedInput, input.Type.ToString());
        OutputNames.Check(context, schema, OutputName, InputName, NumberDataViewType.Single, ChooseAnother);
        return input;
    }

    /// <summary>The schema's shape after the transformer, with the same checks as <see cref="Bind"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Bind"/>.</exception>
    public SchemaShape Apply(IExceptionContext context, SchemaShape inputSchema)
    {
        if (!inputSchema.TryFindColumn(InputName, out SchemaShape.Column input))
            throw context.ExceptSchemaMismatch(nameof(inputSchema), "input", InputName);
        int? size = input.Kind switch
        {
            SchemaShape.Column.VectorKind.Scalar => null,
            SchemaShape.Column.VectorKind.Vector => 1,
            _ => 0,
        };
        if (!Fits(input.ItemType, size))
            throw context.ExceptSchemaMismatch(nameof(inputSchema), "input", InputName, ExpectedInput, input.GetTypeString());
        OutputNames.Check(context, inputSchema, OutputName, InputName, NumberDataViewType.Single, isKey: false, ChooseAnother);

        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        columns[OutputName] = new SchemaShape.Column(
            OutputName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, AnnotationShape());
        return new SchemaShape(columns.Values);
    }

    // The size is that of a vector, 0 where it is not known, or null of a scalar.
    private bool Fits(DataViewType item, int? size) => Kind == EmbeddingColumnKind.Text
        ? size is null && item is TextDataViewType
        : size is null ? item is TextDataViewType or ImageDataViewType : size > 0 && (item == NumberDataViewType.Byte || item == NumberDataViewType.Single);

    private SchemaShape AnnotationShape()
    {
        List<SchemaShape.Column> annotations = [];
        if (Normalized)
            annotations.Add(new SchemaShape.Column(AnnotationUtils.Kinds.IsNormalized, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance, isKey: false));
        return new SchemaShape(annotations);
    }
}

// What an estimator promises of its output is compared with what its transformer makes, annotations included.
namespace Microsoft.ML.Ternary.Tests.Estimators;

internal static class AnnIndexShapes
{
    /// <summary>Fails unless a schema has the shape that an estimator promises for some rows.</summary>
    public static void AssertKept<T>(IEstimator<T> estimator, DataViewSchema made, IDataView rows) where T : class, ITransformer =>
        Assert.Equal(Describe(MlNet.Shape(made)), Describe(estimator.GetOutputSchema(MlNet.Shape(rows.Schema))));

    private static IEnumerable<string> Describe(SchemaShape shape) =>
        shape.Select(column => $"{column.Name}: {Describe(column)} with {string.Join(", ", column.Annotations.Select(annotation => $"{annotation.Name}: {Describe(annotation)}"))}")
            .Order(StringComparer.Ordinal);

    private static string Describe(SchemaShape.Column column) => $"{column.Kind} of {column.ItemType}{(column.IsKey ? " key" : "")}";
}

// What ML.NET does itself but lets nobody else call: cancelling a context, and the shape of a schema as estimators see it.
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

internal static class MlNet
{
    /// <summary>Cancels everything that runs in a context, as AutoML does.</summary>
    public static void Cancel(MLContext ml) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(ml, null);

    /// <summary>The shape of a schema.</summary>
    public static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [schema])!;
}

// What ML.NET does itself but lets nobody else call: cancelling a context, reading its progress, and the shape of a schema as
// estimators see it.
using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Ternary.Tests.Estimators;

internal static class MlNet
{
    /// <summary>Cancels everything that runs in a context, as AutoML does.</summary>
    public static void Cancel(MLContext ml) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(ml, null);

    /// <summary>The shape of a schema.</summary>
    public static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [schema])!;

    /// <summary>What runs in a context now, as ML.NET's console shows it: "name: unit done of all, metric value, ...".</summary>
    public static IReadOnlyList<string> Progress(MLContext ml)
    {
        object tracker = Get(Get(ml, "_env"), "ProgressTracker");
        IEnumerable events = (IEnumerable)tracker.GetType().GetMethod("GetAllProgress")!.Invoke(tracker, null)!;
        List<string> lines = [];
        foreach (object progress in events)
        {
            if (Find(progress, "ProgressEntry") is object entry && (bool)Get(entry, "IsCheckpoint") is false)
                lines.Add($"{Get(progress, "Name")}: {Describe(entry)}");
        }
        return lines;
    }

    private static string Describe(object entry)
    {
        ProgressHeader header = (ProgressHeader)Get(entry, "Header");
        double?[] done = (double?[])Get(entry, "Progress"), all = (double?[])Get(entry, "ProgressLim"), metrics = (double?[])Get(entry, "Metrics");
        IEnumerable<string> units = header.UnitNames.Select((name, i) => string.Create(CultureInfo.InvariantCulture, $"{name} {done[i]} of {all[i]}"));
        return string.Join(", ", units.Concat(header.MetricNames.Select((name, i) => string.Create(CultureInfo.InvariantCulture, $"{name} {metrics[i]}"))));
    }

    private static object Get(object instance, string field) =>
        Find(instance, field) ?? throw new InvalidOperationException($"{instance.GetType()}.{field} is null.");

    private static object? Find(object instance, string field)
    {
        for (Type? type = instance.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(field, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public) is FieldInfo info)
                return info.GetValue(instance);
        }
        throw new MissingFieldException(instance.GetType().FullName, field);
    }
}

// Where the bytes of a model file go.
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>The bytes of one kind in a model file.</summary>
/// <param name="Kind">What they hold.</param>
/// <param name="Parameters">Weights of the model among them; scales, vocabulary and header are none.</param>
/// <param name="Bytes">Their number.</param>
public sealed record ModelFileEntry(string Kind, long Parameters, long Bytes);

/// <summary>The size of a model file by kind.</summary>
/// <param name="Entries">One entry a kind, in a fixed order; kinds without bytes are left out.</param>
public sealed record ModelFileAccounting(IReadOnlyList<ModelFileEntry> Entries)
{
    /// <summary>The whole file.</summary>
    public long TotalBytes => Entries.Sum(e => e.Bytes);

    /// <summary>Weights of the model.</summary>
    public long Parameters => Entries.Sum(e => e.Parameters);

    /// <summary>What the same weights take in float32.</summary>
    public long Float32Bytes => Parameters * sizeof(float);

    /// <summary>The file's size relative to the weights in float32.</summary>
    public double Ratio => (double)TotalBytes / Float32Bytes;

    /// <summary>A table, one line a kind.</summary>
    public override string ToString()
    {
        StringBuilder table = new();
        Line(table, "", "parameters", "bytes", "bits each", "share");
        foreach (ModelFileEntry entry in Entries)
            Line(table, entry.Kind, Number(entry.Parameters), Number(entry.Bytes),
                entry.Parameters == 0 ? "" : Format("0.000", 8.0 * entry.Bytes / entry.Parameters), Format("0.0 %", (double)entry.Bytes / TotalBytes));
        Line(table, "file", Number(Parameters), Number(TotalBytes), Format("0.000", 8.0 * TotalBytes / Parameters), Format("0.0 %", 1));
        Line(table, "float32", Number(Parameters), Number(Float32Bytes), "32", "");
        Line(table, "ratio", "", Format("0.0000", Ratio), "", "");
        return table.ToString();
    }

    private static void Line(StringBuilder table, string kind, string parameters, string bytes, string bits, string share) =>
        table.Append($"{kind,-30}{parameters,14}{bytes,15}{bits,11}{share,9}".TrimEnd()).Append('\n');

    private static string Number(long value) => Format("#,0", value);

    private static string Format(string format, double value) => value.ToString(format, CultureInfo.InvariantCulture);
}

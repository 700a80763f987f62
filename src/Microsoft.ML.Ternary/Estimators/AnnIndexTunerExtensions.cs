// Tuning from inside ML.NET: the vectors come from a column, and what was found comes back as options of NearestNeighbors.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML;

/// <summary>Tuning of nearest-neighbour search for the vectors of a column.</summary>
public static class AnnIndexTunerExtensions
{
    /// <summary>Finds the fastest index that reaches a recall target on the vectors of a column, some of which become the queries.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="data">The rows whose vectors will be indexed.</param>
    /// <param name="inputColumnName">The column of vectors, of known size.</param>
    /// <param name="options">What to reach and how long to look, or null for the defaults.</param>
    /// <param name="progress">Hears what is being tried. ML.NET's own progress channel does as well.</param>
    /// <param name="cancellation">Stops tuning, as cancelling the context does.</param>
    /// <returns>What was found, and the options to give to
    /// <see cref="TernaryCatalog.NearestNeighbors(TransformsCatalog, string, string, AnnIndexOptions?)"/>.</returns>
    /// <exception cref="ArgumentException">The column is missing or of the wrong type, there are too few rows, or an option is wrong.</exception>
    /// <exception cref="InvalidOperationException">A vector holds NaN or infinity or is all zeros under cosine, or no candidate fits in
    /// the memory allowed.</exception>
    /// <exception cref="OperationCanceledException">Tuning was cancelled.</exception>
    /// <example><code><![CDATA[
    /// AnnColumnTuning tuned = ml.Transforms.TuneNearestNeighbors(corpus, "Embedding", new AnnTuningOptions { RecallTarget = 0.98 });
    /// tuned.Result.Print(Console.Out);
    /// var search = ml.Transforms.NearestNeighbors("Neighbors", "Embedding", tuned.IndexOptions with { IdColumn = "Text" });
    /// ]]></code></example>
    public static AnnColumnTuning TuneNearestNeighbors(
        this TransformsCatalog catalog,
        IDataView data,
        string inputColumnName,
        AnnTuningOptions? options = null,
        IProgress<AnnTuningProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        options ??= new AnnTuningOptions();
        options.Validate();
        IHost host = catalog.GetEnvironment().Register(nameof(TuneNearestNeighbors));
        host.CheckValue(data, nameof(data));
        host.CheckNonWhiteSpace(inputColumnName, nameof(inputColumnName));
        using HostCancellation stop = new(host, cancellation);
        Float32VectorStore vectors = ReadVectors(host, data, inputColumnName, options.Metric, stop.Token);
        using TuningProgressChannel channel = new(host, progress);
        AnnTuningResult result = AnnIndexTuner.Tune(vectors, options, channel, stop.Token);
        return new AnnColumnTuning(result, options.K);
    }

    private static Float32VectorStore ReadVectors(IHost host, IDataView data, string name, AnnMetric metric, CancellationToken cancellation)
    {
        DataViewSchema.Column column = AnnIndexColumns.FindVectors(host, data.Schema, "input", name, out _);
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        return VectorColumnReader.Read(host, cursor, column, metric, data.GetRowCount(), cancellation.ThrowIfCancellationRequested);
    }
}

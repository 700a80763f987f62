// Reads a column of vectors into memory, for whatever is then made of them: an index, or the tuner's data. Pulling rows is what embeds
// them, so this is often the longest part of the work: it reports progress and stops when it is told to.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

internal static class VectorColumnReader
{
    // How many rows are read between two looks at whether the user has cancelled.
    private const int CheckEvery = 256;

    /// <summary>Reads the vectors under a cursor, from its first row to its last.</summary>
    /// <param name="host">Where progress and errors go.</param>
    /// <param name="cursor">The rows; the column is active.</param>
    /// <param name="column">The column, a vector of known size.</param>
    /// <param name="metric">What near will mean; under cosine vectors are normalised.</param>
    /// <param name="rows">How many rows there are, or null if that is not known.</param>
    /// <param name="checkAlive">Throws if the work was cancelled.</param>
    /// <param name="onRow">Called after the vector of each row, which it may read more from.</param>
    /// <exception cref="InvalidOperationException">There are no rows, or a vector cannot be indexed.</exception>
    public static Float32VectorStore Read(
        IHost host, DataViewRowCursor cursor, DataViewSchema.Column column, AnnMetric metric, long? rows, Action checkAlive, Action? onRow = null)
    {
        Float32VectorStore store = new(((VectorDataViewType)column.Type).Size, metric, (int)Math.Min(rows ?? 0, 1 << 20));
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        using HostProgress progress = new(host, "Reading vectors", "vectors");
        int total = (int)Math.Min(rows ?? 0, int.MaxValue);
        VBuffer<float> vector = default;
        float[] dense = [];
        while (cursor.MoveNext())
        {
            if (store.Count % CheckEvery == 0)
            {
                checkAlive();
                progress.Report(new IndexBuildProgress(store.Count, Math.Max(total, store.Count)));
            }
            getter(ref vector);
            VectorProblem problem = store.Append(DenseVector.Read(in vector, ref dense));
            if (problem != VectorProblem.None)
                throw AnnIndexColumns.Wrong(host, column.Name, problem, store.Count);
            onRow?.Invoke();
        }
        if (store.Count == 0)
            throw host.Except($"There are no rows to index: column '{column.Name}' of the input is empty.");
        store.Trim();
        return store;
    }
}

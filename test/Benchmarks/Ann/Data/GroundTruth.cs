// The true neighbours, by comparing every query with every vector, and what counts as having found them. Data hold equal
// distances, and float32 sums differ in their last bits from engine to engine: a neighbour is right when it is as near as the
// k-th true one, whatever its number.
using System.Diagnostics;
using System.Globalization;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Data;

/// <summary>Counts the true neighbours among those that an engine found.</summary>
internal sealed class GroundTruth : IDisposable
{
    public const int K = 10;

    // Distances are squared and in double precision; engines sum in float32.
    private const double Tolerance = 1 + 1e-6;

    // What float32 may have put just behind the k-th place.
    private const int Margin = 10;

    private readonly MappedMatrix _vectors, _queries;
    private readonly double[] _bounds;

    private GroundTruth(MappedMatrix vectors, MappedMatrix queries, int[] ids)
    {
        _vectors = vectors;
        _queries = queries;
        _bounds = new double[queries.Rows];
        Parallel.For(0, queries.Rows, query => _bounds[query] = Distance(query, ids[query * K + K - 1]) * Tolerance);
    }

    public int Count => _vectors.Rows;

    public int Dimension => _vectors.Columns;

    public int Queries => _queries.Rows;

    /// <summary>Reads the truth that lies beside the data, or finds it and puts it there.</summary>
    public static GroundTruth Open(AnnDataset dataset, CancellationToken cancellation)
    {
        MappedMatrix vectors = MappedMatrix.Open(dataset.BasePath), queries = MappedMatrix.Open(dataset.QueriesPath);
        int[] ids = File.Exists(dataset.TruthPath) ? NpyFile.ReadInt32(dataset.TruthPath, out int columns) : Find(dataset, vectors, queries, out columns, cancellation);
        if (columns != K || ids.Length != queries.Rows * K || ids.Any(id => id < 0 || id >= vectors.Rows))
            throw new InvalidDataException($"{dataset.TruthPath} does not belong to {dataset.BasePath}: delete it.");
        return new GroundTruth(vectors, queries, ids);
    }

    /// <summary>The share of true neighbours among the first <see cref="K"/> that were found for the first queries.</summary>
    /// <param name="ids">K numbers a query, in the order of the queries; -1 where nothing was found.</param>
    public double Recall(ReadOnlyMemory<int> ids)
    {
        int queries = ids.Length / K;
        long right = 0;
        Parallel.For(0, queries, () => 0L, (query, _, sum) => sum + Right(query, ids.Span.Slice(query * K, K)), sum => Interlocked.Add(ref right, sum));
        return right / ((double)queries * K);
    }

    public void Dispose()
    {
        _vectors.Dispose();
        _queries.Dispose();
    }

    // A number given twice counts once.
    private int Right(int query, ReadOnlySpan<int> found)
    {
        int right = 0;
        for (int i = 0; i < found.Length; i++)
        {
            int id = found[i];
            if (id >= 0 && id < Count && !found[..i].Contains(id) && Distance(query, id) <= _bounds[query])
                right++;
        }
        return right;
    }

    // Euclidean for both metrics: among vectors of norm 1 the order is cosine's, and equal vectors have distance 0 exactly.
    private double Distance(int query, int id) => SquaredDistance(_queries.Row(query), _vectors.Row(id));

    private static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }

    private static int[] Find(AnnDataset dataset, MappedMatrix vectors, MappedMatrix queries, out int columns, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        int k = Math.Min(K + Margin, vectors.Rows);
        int[] found = new int[queries.Rows * k];
        FlatIndex.Build(vectors.Values, vectors.Columns, dataset.Metric).SearchBatch(queries.Values, k, found, new float[found.Length], options: null, cancellation);
        int[] ids = new int[queries.Rows * K];
        Parallel.For(0, queries.Rows, query => found.Skip(query * k).Take(k)
            .OrderBy(id => SquaredDistance(queries.Row(query), vectors.Row(id))).ThenBy(id => id).Take(K).ToArray().CopyTo(ids, query * K));
        NpyFile.Write<int>(dataset.TruthPath, NpyFile.Int32, ids, K);
        columns = K;
        Screen.Progress(string.Create(CultureInfo.InvariantCulture, $"{dataset.Name}: the true neighbours of {queries.Rows:N0} queries found in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
        return ids;
    }
}

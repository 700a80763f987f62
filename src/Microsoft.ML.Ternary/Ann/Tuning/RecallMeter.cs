// Measures recall against exact search over the same vectors.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The true neighbours of all queries among the vectors of one sample.</summary>
internal sealed unsafe class RecallMeter
{
    private readonly VectorStore _vectors;
    private readonly float[] _queries;
    private readonly int _k;
    private readonly int _threads;
    private readonly int[] _truth;
    private readonly int[] _found;
    private readonly float[] _distances;
    private readonly AlignedBuffer _prepared;

    public RecallMeter(VectorIndex exact, VectorStore vectors, float[] queries, int k, int threads, CancellationToken cancellation)
    {
        _vectors = vectors;
        _queries = queries;
        _k = k;
        _threads = threads;
        _truth = new int[Queries * k];
        _found = new int[Queries * k];
        _distances = new float[Queries * k];
        _prepared = new AlignedBuffer(vectors.QueryBytes);
        exact.SearchBatch(queries, k, _truth, _distances, new SearchOptions { Threads = threads }, cancellation);
    }

    public int Queries => _queries.Length / _vectors.Dimension;

    /// <summary>The mean over the queries of the share of true neighbours found, and its standard error.</summary>
    public (double Recall, double StandardError) Measure(VectorIndex index, SearchOptions search, CancellationToken cancellation)
    {
        index.SearchBatch(_queries, _k, _found, _distances, search with { Threads = _threads }, cancellation);
        double sum = 0, squares = 0;
        for (int query = 0; query < Queries; query++)
        {
            double share = Hits(query) / (double)_k;
            sum += share;
            squares += share * share;
        }
        double mean = sum / Queries;
        double variance = Queries > 1 ? Math.Max(0, squares - Queries * mean * mean) / (Queries - 1) : 0;
        return (mean, Math.Sqrt(variance / Queries));
    }

    private int Hits(int query)
    {
        ReadOnlySpan<int> truth = _truth.AsSpan(query * _k, _k), found = _found.AsSpan(query * _k, _k);
        int hits = 0, others = 0;
        float farthest = float.NaN;
        foreach (int id in found)
        {
            if (truth.Contains(id))
            {
                hits++;
            }
            else if (id >= 0)
            {
                // Of several vectors as far as the k-th, exact search gives some; the others are no worse.
                farthest = others++ == 0 ? Distance(query, truth[^1]) : farthest;
                hits += Distance(query, id) <= farthest ? 1 : 0;
            }
        }
        return hits;
    }

    private float Distance(int query, int id)
    {
        float distance;
        _vectors.PrepareQuery(_queries.AsSpan(query * _vectors.Dimension, _vectors.Dimension), _prepared.Pointer);
        _vectors.Distances(_prepared.Pointer, &id, 1, &distance);
        return distance;
    }
}

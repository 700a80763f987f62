// The nearest documents by full comparison: what evaluation counts as a model's answer, free of any index's own error.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Exhaustive search by inner product, which is the cosine for normalised embeddings.</summary>
public static class ExactSearch
{
    // Queries that share one pass over the documents, so that these are fetched from memory once for all of them.
    private const int QueriesPerPass = 8;

    /// <summary>For each query the rows of the <paramref name="k"/> documents with the largest inner products, best first;
    /// of equals the earlier document first.</summary>
    /// <param name="queries">Query embeddings, row by row.</param>
    /// <param name="documents">Document embeddings, row by row.</param>
    /// <param name="dimension">Components of a row.</param>
    /// <param name="k">Documents to find; fewer are returned where there are fewer.</param>
    /// <exception cref="ArgumentException">A side is not whole rows.</exception>
    public static int[][] Search(ReadOnlyMemory<float> queries, ReadOnlyMemory<float> documents, int dimension, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        if (queries.Length % dimension != 0 || documents.Length % dimension != 0)
            throw new ArgumentException($"Expected rows of {dimension} components, got {queries.Length} and {documents.Length} values.");
        int[][] results = new int[queries.Length / dimension][];
        Parallel.For(0, (results.Length + QueriesPerPass - 1) / QueriesPerPass, pass =>
        {
            int start = pass * QueriesPerPass;
            int count = Math.Min(QueriesPerPass, results.Length - start);
            Pass(queries.Span.Slice(start * dimension, count * dimension), documents.Span, dimension, k, results.AsSpan(start, count));
        });
        return results;
    }

    /// <summary>The mean share of neighbours that two lists of neighbour lists have in common, order aside.</summary>
    /// <exception cref="ArgumentException">The lists differ in length or are empty.</exception>
    public static double Overlap(IReadOnlyList<int[]> first, IReadOnlyList<int[]> second)
    {
        if (first.Count != second.Count || first.Count == 0)
            throw new ArgumentException($"Expected neighbours of the same queries, got {first.Count} and {second.Count} lists.");
        return first.Zip(second, (a, b) => (double)a.Intersect(b).Count() / Math.Max(1, Math.Max(a.Length, b.Length))).Average();
    }

    private static void Pass(ReadOnlySpan<float> queries, ReadOnlySpan<float> documents, int dimension, int k, Span<int[]> results)
    {
        TopList[] best = new TopList[results.Length];
        for (int q = 0; q < best.Length; q++)
            best[q] = new TopList(Math.Min(k, documents.Length / dimension));
        for (int d = 0; d < documents.Length / dimension; d++)
        {
            ReadOnlySpan<float> document = documents.Slice(d * dimension, dimension);
            for (int q = 0; q < best.Length; q++)
                best[q].Offer(d, TensorPrimitives.Dot(queries.Slice(q * dimension, dimension), document));
        }
        for (int q = 0; q < best.Length; q++)
            results[q] = best[q].Documents;
    }

    // The best so far in falling order: lists are short and few documents enter, so insertion beats a heap.
    private sealed class TopList(int k)
    {
        private readonly float[] _scores = new float[k];
        private int _count;

        public int[] Documents { get; } = new int[k];

        public void Offer(int document, float score)
        {
            if (_count == k && !(score > _scores[k - 1]))
                return;
            int position = _count < k ? _count++ : k - 1;
            for (; position > 0 && score > _scores[position - 1]; position--)
                (_scores[position], Documents[position]) = (_scores[position - 1], Documents[position - 1]);
            (_scores[position], Documents[position]) = (score, document);
        }
    }
}

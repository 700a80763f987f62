// Exhaustive search whose documents come block by block, so that a corpus need not be in memory at once.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>For each query the documents with the largest inner products so far, best first; of equals the earlier offered.</summary>
internal sealed class NearestDocuments
{
    // Queries that share one pass over the documents, so that these are fetched from memory once for all of them.
    private const int QueriesPerPass = 8;

    private readonly ReadOnlyMemory<float> _queries;
    private readonly int _dimension;
    private readonly TopList[] _best;

    /// <summary>Begins without documents.</summary>
    /// <param name="queries">Query embeddings, row by row.</param>
    /// <param name="dimension">Components of a row.</param>
    /// <param name="k">Documents to keep.</param>
    public NearestDocuments(ReadOnlyMemory<float> queries, int dimension, int k)
    {
        _queries = queries;
        _dimension = dimension;
        _best = new TopList[queries.Length / dimension];
        for (int q = 0; q < _best.Length; q++)
            _best[q] = new TopList(k);
    }

    /// <summary>The documents found, for each query.</summary>
    public int[][] Rankings => [.. _best.Select(list => list.Documents)];

    /// <summary>Compares documents with all queries.</summary>
    /// <param name="documents">Document embeddings, row by row.</param>
    /// <param name="firstDocument">The number of the first; the others follow.</param>
    /// <param name="cancellation">Stops the work between two passes.</param>
    public void Offer(ReadOnlyMemory<float> documents, int firstDocument, CancellationToken cancellation = default) =>
        Parallel.For(0, (_best.Length + QueriesPerPass - 1) / QueriesPerPass, new ParallelOptions { CancellationToken = cancellation }, pass =>
        {
            int start = pass * QueriesPerPass;
            Pass(start, Math.Min(QueriesPerPass, _best.Length - start), documents.Span, firstDocument);
        });

    private void Pass(int firstQuery, int queryCount, ReadOnlySpan<float> documents, int firstDocument)
    {
        ReadOnlySpan<float> queries = _queries.Span.Slice(firstQuery * _dimension, queryCount * _dimension);
        for (int d = 0; d < documents.Length / _dimension; d++)
        {
            ReadOnlySpan<float> document = documents.Slice(d * _dimension, _dimension);
            for (int q = 0; q < queryCount; q++)
                _best[firstQuery + q].Offer(firstDocument + d, TensorPrimitives.Dot(queries.Slice(q * _dimension, _dimension), document));
        }
    }

    // The best so far in falling order: lists are short and few documents enter, so insertion beats a heap.
    private sealed class TopList(int k)
    {
        private readonly float[] _scores = new float[k];
        private readonly int[] _documents = new int[k];
        private int _count;

        public int[] Documents => _documents[.._count];

        public void Offer(int document, float score)
        {
            if (_count == k && !(score > _scores[k - 1]))
                return;
            int position = _count < k ? _count++ : k - 1;
            for (; position > 0 && score > _scores[position - 1]; position--)
                (_scores[position], _documents[position]) = (_scores[position - 1], _documents[position - 1]);
            (_scores[position], _documents[position]) = (score, document);
        }
    }
}

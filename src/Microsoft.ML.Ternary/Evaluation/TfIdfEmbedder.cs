// The other lexical baseline: term vectors that every kind of task can be scored with, where BM25 can only rank.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>TF-IDF vectors of a fixed width: terms are hashed to a component and a sign.</summary>
/// <remarks>A term's value is its count times ln((1 + N) / (1 + n)) + 1, with N texts of which n hold it (scikit-learn's smoothed
/// idf); the sign makes inner products right on average where terms share a component (Weinberger et al. 2009). Rows are
/// normalised; a text without terms is all zeros. Terms are those of <see cref="Bm25Index"/>. The same texts give the same vectors
/// everywhere. Immutable and thread-safe.</remarks>
public sealed class TfIdfEmbedder : ITextEmbedder
{
    private readonly Dictionary<string, int> _documentCounts = [];
    private readonly int _documents;

    /// <summary>Learns how common terms are.</summary>
    /// <param name="texts">Texts to learn from: those of the task, <see cref="EvaluationTask.Texts"/>; null counts as empty.</param>
    /// <param name="dimension">Components, at least 1; fewer make more terms share one.</param>
    public TfIdfEmbedder(IEnumerable<string?> texts, int dimension = 4096)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        Dimension = dimension;
        foreach (string? text in texts)
        {
            _documents++;
            foreach (string term in Bm25Index.Terms(text).Distinct())
                _documentCounts[term] = _documentCounts.GetValueOrDefault(term) + 1;
        }
    }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="output"/> is too small.</exception>
    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (output.Length < (long)texts.Count * Dimension)
            throw new ArgumentException($"The output holds {output.Length} values; {texts.Count} embeddings of {Dimension} components need {(long)texts.Count * Dimension}.", nameof(output));
        for (int i = 0; i < texts.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            EmbedOne(texts[i], output.Slice(i * Dimension, Dimension));
        }
    }

    private void EmbedOne(string? text, Span<float> row)
    {
        row.Clear();
        foreach ((string term, int count) in Bm25Index.Terms(text).CountBy(term => term))
        {
            double idf = Math.Log((1.0 + _documents) / (1 + _documentCounts.GetValueOrDefault(term))) + 1;
            ulong hash = Hash(term);
            row[(int)((hash >> 1) % (ulong)Dimension)] += (float)((hash & 1) == 0 ? count * idf : -count * idf);
        }
        float norm = TensorPrimitives.Norm<float>(row);
        if (norm > 0)
            TensorPrimitives.Divide(row, norm, row);
    }

    // FNV-1a, stirred at the end: string.GetHashCode differs from process to process.
    private static ulong Hash(string term)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in term)
            hash = (hash ^ c) * 1099511628211;
        hash = (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 29);
    }
}

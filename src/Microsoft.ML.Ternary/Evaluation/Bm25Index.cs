// The lexical baseline: what search reaches without any model. A model that does not beat it has not earned its place.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A document that a lexical search found.</summary>
/// <param name="Document">Its position among the documents indexed.</param>
/// <param name="Score">Its BM25 score, above 0.</param>
public readonly record struct Bm25Hit(int Document, double Score);

/// <summary>An inverted index ranked by BM25 (Robertson and Zaragoza 2009), as Lucene computes it.</summary>
/// <remarks>score(q, d) = Σ over the query's terms of idf(t) tf / (tf + k1 (1 - b + b |d| / mean |d|)), with
/// idf(t) = ln(1 + (N - n(t) + 0.5) / (n(t) + 0.5)), N documents of which n(t) hold the term. Terms are runs of letters and
/// digits, lower-cased; nothing is stemmed or left out. Immutable and thread-safe.</remarks>
public sealed class Bm25Index : ITextSearch
{
    private readonly Dictionary<string, List<(int Document, int Count)>> _postings = [];
    private readonly double[] _lengthTerms;

    /// <summary>Indexes documents.</summary>
    /// <param name="documents">Texts; null counts as empty.</param>
    /// <param name="k1">How slowly repeated terms cease to add, at least 0.</param>
    /// <param name="b">How much length counts against a document, 0 to 1.</param>
    public Bm25Index(IEnumerable<string?> documents, double k1 = 1.2, double b = 0.75)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(k1);
        ArgumentOutOfRangeException.ThrowIfNegative(b);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(b, 1);
        List<int> lengths = [];
        foreach (string? text in documents)
            lengths.Add(AddDocument(lengths.Count, text));
        double mean = lengths.Count == 0 ? 0 : lengths.Average();
        _lengthTerms = [.. lengths.Select(length => k1 * (1 - b + (mean > 0 ? b * length / mean : 0)))];
    }

    /// <summary>Number of documents.</summary>
    public int Count => _lengthTerms.Length;

    /// <summary>The best <paramref name="k"/> of the documents that share a term with the query, best first; of equals the earlier first.</summary>
    public Bm25Hit[] Search(string? query, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        Dictionary<int, double> scores = [];
        foreach (string term in Terms(query))
        {
            if (!_postings.TryGetValue(term, out List<(int Document, int Count)>? postings))
                continue;
            double idf = Math.Log(1 + (Count - postings.Count + 0.5) / (postings.Count + 0.5));
            foreach ((int document, int count) in postings)
                CollectionsMarshal.GetValueRefOrAddDefault(scores, document, out _) += idf * count / (count + _lengthTerms[document]);
        }
        return [.. scores.Select(pair => new Bm25Hit(pair.Key, pair.Value))
            .OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Document).Take(k)];
    }

    /// <summary>The terms of a text: its runs of letters and digits, lower-cased, in order.</summary>
    internal static IEnumerable<string> Terms(string? text)
    {
        text ??= "";
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            while (i < text.Length && char.IsLetterOrDigit(text[i]))
                i++;
            if (i > start)
                yield return text[start..i].ToLowerInvariant();
            else
                i++;
        }
    }

    private int AddDocument(int document, string? text)
    {
        int length = 0;
        foreach ((string term, int count) in Terms(text).CountBy(term => term))
        {
            if (!_postings.TryGetValue(term, out List<(int Document, int Count)>? postings))
                _postings.Add(term, postings = []);
            postings.Add((document, count));
            length += count;
        }
        return length;
    }
}

// Search that needs no embeddings: through this a lexical ranking is a row beside the models.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A search over the documents that it was made of.</summary>
public interface ITextSearch
{
    /// <summary>The best <paramref name="k"/> documents for a query, best first, fewer where fewer are found.</summary>
    Bm25Hit[] Search(string? query, int k);
}

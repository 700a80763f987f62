// The nearest documents by full comparison: what evaluation counts as a model's answer, free of any index's own error.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Exhaustive search by inner product, which is the cosine for normalised embeddings.</summary>
public static class ExactSearch
{
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
        NearestDocuments nearest = new(queries, dimension, Math.Min(k, documents.Length / dimension));
        nearest.Offer(documents, 0);
        return nearest.Rankings;
    }

    /// <summary>The mean share of neighbours that two lists of neighbour lists have in common, order aside.</summary>
    /// <exception cref="ArgumentException">The lists differ in length or are empty.</exception>
    public static double Overlap(IReadOnlyList<int[]> first, IReadOnlyList<int[]> second)
    {
        if (first.Count != second.Count || first.Count == 0)
            throw new ArgumentException($"Expected neighbours of the same queries, got {first.Count} and {second.Count} lists.");
        return first.Zip(second, (a, b) => (double)a.Intersect(b).Count() / Math.Max(1, Math.Max(a.Length, b.Length))).Average();
    }
}

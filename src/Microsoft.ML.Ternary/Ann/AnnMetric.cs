// What "near" means. One convention for all three metrics, so that results are sorted the same way everywhere: a distance,
// smaller is nearer, ascending.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The distance between two vectors; for every metric smaller is nearer.</summary>
public enum AnnMetric
{
    /// <summary>1 - cos(a, b), from 0 (same direction) to 2 (opposite). Vectors are stored scaled to L2 norm 1; a vector of
    /// zeros has no direction and is refused.</summary>
    Cosine,

    /// <summary>-(a . b): the negative inner product, so that the largest product comes first. It is no metric in the
    /// mathematical sense: a vector need not be its own nearest neighbour.</summary>
    InnerProduct,

    /// <summary>|a - b|², the squared Euclidean distance, without the square root, as hnswlib and faiss report it.</summary>
    L2,
}

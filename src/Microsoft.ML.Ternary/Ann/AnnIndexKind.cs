// The structures an index can have. The values are written to files: they are never renumbered.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>How an index is searched.</summary>
public enum AnnIndexKind
{
    /// <summary>Exact: compares the query with every vector.</summary>
    Flat = 1,

    /// <summary>Approximate: a hierarchical navigable small-world graph (Malkov and Yashunin, 2016, arXiv:1603.09320).</summary>
    Hnsw = 2,

    /// <summary>Approximate: an inverted file of lists around centroids found by k-means (Jégou, Douze and Schmid, 2011).</summary>
    Ivf = 3,

    /// <summary>Approximate: locality-sensitive hashing by random hyperplanes (Charikar, 2002), with multi-probe search.</summary>
    Lsh = 4,
}

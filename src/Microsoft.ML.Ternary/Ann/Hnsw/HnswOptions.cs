// The parameters of an HNSW index, under the names that the paper and every implementation of it use.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options for building an HNSW index.</summary>
public sealed record HnswOptions : VectorIndexOptions
{
    /// <summary>Links a node makes on each level, and at most keeps on the upper ones; level 0 keeps up to 2M. 2 to 256, default 16:
    /// 12 to 48 suit most data, more for high recall and high dimensions.</summary>
    public int M { get; init; } = 16;

    /// <summary>Candidates considered when a node is linked. More builds slower and a better graph. Default 200.</summary>
    public int EfConstruction { get; init; } = 200;

    /// <summary>Candidates kept while searching when a search does not say otherwise. Default 64.</summary>
    public int EfSearch { get; init; } = 64;

    internal override void Validate()
    {
        base.Validate();
        RequireRange(M, 2, 256, nameof(M));
        RequireRange(EfConstruction, 1, 1 << 20, nameof(EfConstruction));
        RequireRange(EfSearch, 1, 1 << 20, nameof(EfSearch));
    }
}

// What may differ from one search to the next on the same index; the rest is fixed when the index is built.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options of one search.</summary>
public sealed record SearchOptions
{
    /// <summary>HNSW: candidates kept while searching. More is slower and finds more of the true neighbours. At least k is used;
    /// 0, the default, takes <see cref="HnswOptions.EfSearch"/> of the index. Flat indexes ignore it.</summary>
    public int EfSearch { get; init; }

    /// <summary>Threads of a batch search; 0, the default, takes all cores. A search for one query is always on the calling thread.</summary>
    public int Threads { get; init; }
}

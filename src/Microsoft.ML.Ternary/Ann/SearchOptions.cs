// What may differ from one search to the next on the same index; the rest is fixed when the index is built.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options of one search.</summary>
public sealed record SearchOptions
{
    internal void Validate()
    {
        Require(EfSearch, nameof(EfSearch));
        Require(NProbe, nameof(NProbe));
        Require(Rescore, nameof(Rescore));
        Require(Threads, nameof(Threads));
    }

    private static void Require(int value, string name)
    {
        if (value < 0)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must not be negative; 0 is the default.");
    }

    /// <summary>HNSW: candidates kept while searching. More is slower and finds more of the true neighbours. At least k is used;
    /// 0, the default, takes <see cref="HnswOptions.EfSearch"/> of the index. Other indexes ignore it.</summary>
    public int EfSearch { get; init; }

    /// <summary>IVF: nprobe, the lists looked into; as many as there are lists finds all true neighbours. LSH: the buckets looked into,
    /// as a mean over the tables. More is slower and finds more. 0, the default, takes <see cref="IvfOptions.NProbe"/> or
    /// <see cref="LshOptions.Probes"/> of the index. Other indexes ignore it.</summary>
    public int NProbe { get; init; }

    /// <summary>Candidates, the best by their codes, that are compared once more by the vectors kept for rescoring. At least k is
    /// used; 0, the default, takes all that an HNSW search found, and 10 k but at least 100 elsewhere. Ignored where nothing is kept
    /// for rescoring.</summary>
    public int Rescore { get; init; }

    /// <summary>Only vectors whose id this accepts are found; null accepts all. It is asked during the search, on the searching
    /// threads, so that k accepted neighbours come back wherever there are as many.</summary>
    public Func<int, bool>? Filter { get; init; }

    /// <summary>Only vectors with these ids are found; null allows all. Faster than <see cref="Filter"/>, above all when few are
    /// allowed.</summary>
    public AllowList? AllowList { get; init; }

    /// <summary>Threads of a batch search; 0, the default, takes all cores. A search for one query is always on the calling thread.</summary>
    public int Threads { get; init; }
}

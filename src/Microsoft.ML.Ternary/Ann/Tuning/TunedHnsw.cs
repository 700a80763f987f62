// The HNSW index as the tuner sees it.
using System.Globalization;

namespace Microsoft.ML.Ternary.Ann;

internal sealed class TunedHnsw : TunedKind
{
    // Beyond this a search is no longer worth a graph.
    private const int MostEf = 4096;

    public override AnnIndexKind Kind => AnnIndexKind.Hnsw;

    public override Type IndexType => typeof(HnswIndex);

    public override Type OptionsType => typeof(HnswOptions);

    // More links are worth it only where they are well chosen, so the two parameters grow together.
    public override IReadOnlyList<Func<int, VectorIndexOptions>> Structures { get; } =
    [
        _ => new HnswOptions { M = 8, EfConstruction = 100 },
        _ => new HnswOptions { M = 12, EfConstruction = 150 },
        _ => new HnswOptions { M = 16, EfConstruction = 200 },
        _ => new HnswOptions { M = 24, EfConstruction = 300 },
        _ => new HnswOptions { M = 32, EfConstruction = 400 },
    ];

    public override VectorIndex Build(
        VectorStore full, VectorIndexOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation) =>
        HnswIndex.Build(full, (HnswOptions)options, progress, cancellation);

    // The graph is made of the full vectors whatever the codec, so it is the same one.
    public override VectorIndex Recode(VectorIndex built, VectorStore full, VectorIndexOptions options, CancellationToken cancellation)
    {
        HnswStructure structure = (HnswStructure)built.Structure;
        IndexVectors vectors = IndexVectors.Encode(full, options, cancellation);
        return new HnswIndex(new HnswStructure(vectors, structure.Graph, structure.Duplicates, (HnswOptions)options));
    }

    public override SearchAxis Effort(VectorIndex index, int k)
    {
        int low = Math.Min(k, index.Count);
        return new SearchAxis(low, Math.Clamp(MostEf, low, index.Count), (options, value) => options with { EfSearch = value });
    }

    // All that a search found is rescored, for there are no more of them than efSearch.
    public override int WidestRescore(VectorIndex index, int k) => 0;

    public override VectorIndexOptions WithDefaults(VectorIndexOptions options, SearchOptions search) =>
        search.EfSearch > 0 ? (HnswOptions)options with { EfSearch = search.EfSearch } : options;

    public override string Describe(VectorIndexOptions options, SearchOptions search)
    {
        HnswOptions hnsw = (HnswOptions)WithDefaults(options, search);
        return string.Create(CultureInfo.InvariantCulture, $"M={hnsw.M} efConstruction={hnsw.EfConstruction} efSearch={hnsw.EfSearch}");
    }
}

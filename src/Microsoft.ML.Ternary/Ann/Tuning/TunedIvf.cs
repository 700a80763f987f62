// The IVF index as the tuner sees it.
using System.Globalization;

namespace Microsoft.ML.Ternary.Ann;

internal sealed class TunedIvf : TunedKind
{
    public override AnnIndexKind Kind => AnnIndexKind.Ivf;

    public override Type IndexType => typeof(IvfIndex);

    public override Type OptionsType => typeof(IvfOptions);

    // More lists are shorter, but finding the nearest of their centroids takes longer; the two balance near the square root of the
    // number of vectors.
    public override IReadOnlyList<Func<int, VectorIndexOptions>> Structures { get; } = [Lists(2), Lists(4), Lists(8)];

    public override VectorIndex Build(
        VectorStore full, VectorIndexOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation) =>
        IvfIndex.Build(full, (IvfOptions)options, progress, cancellation);

    // Centroids grow with the number of lists, which grows more slowly than that of vectors.
    public override double StructureBytes(VectorIndex index, VectorIndexOptions atAll, int all)
    {
        IvfStructure structure = (IvfStructure)index.Structure;
        double centroids = structure.Centroids.MemoryBytes;
        double others = (structure.MemoryBytes - centroids) / index.Count;
        return centroids / structure.Lists.Count * ((IvfOptions)atAll).ListsFor(all) + others * all;
    }

    public override SearchAxis Effort(VectorIndex index, int k) =>
        new(1, ((IvfIndex)index).ListCount, (options, value) => options with { NProbe = value });

    public override VectorIndexOptions WithDefaults(VectorIndexOptions options, SearchOptions search) =>
        search.NProbe > 0 ? (IvfOptions)options with { NProbe = search.NProbe } : options;

    public override string Describe(VectorIndexOptions options, SearchOptions search)
    {
        IvfOptions ivf = (IvfOptions)WithDefaults(options, search);
        return string.Create(CultureInfo.InvariantCulture, $"nlist={ivf.NList} nprobe={ivf.NProbe}");
    }

    private static Func<int, VectorIndexOptions> Lists(double roots) =>
        count => new IvfOptions { NList = Math.Clamp((int)Math.Round(roots * Math.Sqrt(count)), 1, count) };
}

// The LSH index as the tuner sees it.
using System.Globalization;

namespace Microsoft.ML.Ternary.Ann;

internal sealed class TunedLsh : TunedKind
{
    public override AnnIndexKind Kind => AnnIndexKind.Lsh;

    public override Type IndexType => typeof(LshIndex);

    public override Type OptionsType => typeof(LshOptions);

    // Bits as they fit the number of vectors, but named, so that the index that is built of a few more has as many.
    public override IReadOnlyList<Func<int, VectorIndexOptions>> Structures { get; } = [Tables(4), Tables(16)];

    public override VectorIndex Build(
        VectorStore full, VectorIndexOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation) =>
        LshIndex.Build(full, (LshOptions)options, progress, cancellation);

    // A table has a slot for each vector and a start for each bucket; hyperplanes are as many as bits, which grow with the vectors.
    public override double StructureBytes(VectorIndex index, VectorIndexOptions atAll, int all)
    {
        LshOptions options = (LshOptions)atAll;
        double planes = ((LshStructure)index.Structure).Planes.MemoryBytes / (double)((LshIndex)index).BitCount * options.BitsFor(all);
        return planes + options.Tables * sizeof(int) * (all + Math.Pow(2, options.BucketBitsFor(all)));
    }

    public override SearchAxis Effort(VectorIndex index, int k) =>
        new(1, 1 << ((LshIndex)index).BitCount, (options, value) => options with { NProbe = value });

    public override VectorIndexOptions WithDefaults(VectorIndexOptions options, SearchOptions search) =>
        search.NProbe > 0 ? (LshOptions)options with { Probes = search.NProbe } : options;

    public override string Describe(VectorIndexOptions options, SearchOptions search)
    {
        LshOptions lsh = (LshOptions)WithDefaults(options, search);
        return string.Create(CultureInfo.InvariantCulture, $"tables={lsh.Tables} bits={lsh.Bits} probes={lsh.Probes}");
    }

    private static Func<int, VectorIndexOptions> Tables(int tables) =>
        count => new LshOptions { Tables = tables, Bits = new LshOptions().BitsFor(count) };
}

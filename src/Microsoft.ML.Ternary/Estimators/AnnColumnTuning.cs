// What tuning for a column gives: the result, and the same as options of a pipeline.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>What was found for the vectors of a column.</summary>
public sealed class AnnColumnTuning
{
    internal AnnColumnTuning(AnnTuningResult result, int k)
    {
        Result = result;
        IndexOptions = ToOptions(result.Best.IndexOptions, k);
    }

    /// <summary>The choice, the frontier and all trials.</summary>
    public AnnTuningResult Result { get; }

    /// <summary>The choice as options of NearestNeighbors; add columns' names and the like with <c>with</c>.</summary>
    public AnnIndexOptions IndexOptions { get; }

    /// <summary>The tuner's options, narrowed to what the options of a pipeline can say.</summary>
    /// <exception cref="ArgumentException">They ask for something that a pipeline cannot say.</exception>
    internal static AnnTuningOptions Expressible(AnnTuningOptions options)
    {
        const string Otherwise = "use AnnIndexTuner for other indexes";
        if (options.Codecs?.Any(codec => codec != VectorCodec.Float32) == true)
            throw new ArgumentException($"Codecs may be Float32 alone for a pipeline: {Otherwise}.", nameof(options));
        if (options.Kinds?.Any(kind => kind is not (AnnIndexKind.Flat or AnnIndexKind.Hnsw)) == true)
            throw new ArgumentException($"Kinds may be Flat and Hnsw for a pipeline: {Otherwise}.", nameof(options));
        if (options.Candidates?.Any(candidate => candidate is not (FlatOptions or HnswOptions) || candidate.Codec != VectorCodec.Float32) == true)
            throw new ArgumentException($"Candidates may be FlatOptions and HnswOptions with Codec Float32 for a pipeline: {Otherwise}.", nameof(options));
        return options with { Codecs = [VectorCodec.Float32], Kinds = options.Kinds ?? [AnnIndexKind.Flat, AnnIndexKind.Hnsw] };
    }

    private static AnnIndexOptions ToOptions(VectorIndexOptions chosen, int k)
    {
        AnnIndexOptions options = new() { K = k, Metric = chosen.Metric, Seed = chosen.Seed };
        return chosen is HnswOptions hnsw
            ? options with { Kind = AnnIndexKind.Hnsw, M = hnsw.M, EfConstruction = hnsw.EfConstruction, EfSearch = hnsw.EfSearch }
            : options with { Kind = AnnIndexKind.Flat };
    }
}

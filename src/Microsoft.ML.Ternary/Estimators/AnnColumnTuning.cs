// What tuning for a column gives: the result, and the same as options of a pipeline.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>What was found for the vectors of a column.</summary>
public sealed class AnnColumnTuning
{
    internal AnnColumnTuning(AnnTuningResult result, int k)
    {
        Result = result;
        IndexOptions = ToOptions(result.Best, k);
    }

    /// <summary>The choice, the frontier and all trials.</summary>
    public AnnTuningResult Result { get; }

    /// <summary>The choice as options of NearestNeighbors; add columns' names and the like with <c>with</c>.</summary>
    public AnnIndexOptions IndexOptions { get; }

    private static AnnIndexOptions ToOptions(AnnTuningTrial chosen, int k)
    {
        VectorIndexOptions index = chosen.IndexOptions;
        AnnIndexOptions options = new()
        {
            K = k,
            Metric = index.Metric,
            Codec = index.Codec,
            Rescoring = index.Rescoring,
            Rescore = chosen.SearchOptions.Rescore,
            Seed = index.Seed,
        };
        return index switch
        {
            HnswOptions hnsw => options with { Kind = AnnIndexKind.Hnsw, M = hnsw.M, EfConstruction = hnsw.EfConstruction, EfSearch = hnsw.EfSearch },
            IvfOptions ivf => options with
            {
                Kind = AnnIndexKind.Ivf,
                NList = ivf.NList,
                NProbe = ivf.NProbe,
                KMeansIterations = ivf.KMeansIterations,
                TrainingSample = ivf.TrainingSample,
            },
            LshOptions lsh => options with { Kind = AnnIndexKind.Lsh, Tables = lsh.Tables, Bits = lsh.Bits, NProbe = lsh.Probes },
            _ => options with { Kind = AnnIndexKind.Flat },
        };
    }
}

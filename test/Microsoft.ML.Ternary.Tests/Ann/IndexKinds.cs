// Every kind of index over every codec, for tests of what they all must do.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

internal static class IndexKinds
{
    /// <summary>Each kind with each codec.</summary>
    public static TheoryData<AnnIndexKind, VectorCodec> All =>
        new(from kind in Enum.GetValues<AnnIndexKind>() from codec in Enum.GetValues<VectorCodec>() select (kind, codec));

    /// <summary>Each kind.</summary>
    public static TheoryData<AnnIndexKind> Kinds => [.. Enum.GetValues<AnnIndexKind>()];

    /// <summary>An index with parameters that find nearly everything among a few thousand vectors.</summary>
    public static VectorIndex Build(
        AnnIndexKind kind, float[] vectors, int dimension, VectorCodec codec = VectorCodec.Float32, AnnMetric metric = AnnMetric.L2, Rescoring rescoring = Rescoring.Auto) => kind switch
        {
            AnnIndexKind.Flat => FlatIndex.Build(vectors, dimension, new FlatOptions { Metric = metric, Codec = codec, Rescoring = rescoring }),
            AnnIndexKind.Ivf => IvfIndex.Build(vectors, dimension, new IvfOptions { Metric = metric, Codec = codec, Rescoring = rescoring, NProbe = 32 }),
            AnnIndexKind.Lsh => LshIndex.Build(vectors, dimension, new LshOptions { Metric = metric, Codec = codec, Rescoring = rescoring, Probes = 128 }),
            _ => HnswIndex.Build(vectors, dimension, new HnswOptions { Metric = metric, Codec = codec, Rescoring = rescoring, EfSearch = 100 }),
        };
}

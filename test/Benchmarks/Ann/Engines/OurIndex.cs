// Names of the protocol to this library's types: a new kind of index, codec or parameter is a line here.
using Benchmarks.Ann.Data;
using Microsoft.ML.Ternary.Ann;
using static Benchmarks.Ann.Engines.Parameters;

namespace Benchmarks.Ann.Engines;

/// <summary>Builds and searches this library's indexes by the protocol's names.</summary>
internal static class OurIndex
{
    /// <exception cref="NotSupportedException">There is no such index or codec.</exception>
    public static VectorIndex Build(AnnRequest request, MappedMatrix vectors)
    {
        AnnMetric metric = MetricNames.Parse(request.Metric!);
        IReadOnlyDictionary<string, int> parameters = request.Parameters!;
        if (request.Codec != "f32" || request.Rescoring is not null)
            throw new NotSupportedException($"There is no codec {request.Codec} with rescoring {request.Rescoring ?? "off"}.");
        return request.Index switch
        {
            "flat" => FlatIndex.Build(vectors.Values, vectors.Columns, metric),
            "hnsw" => HnswIndex.Build(vectors.Values, vectors.Columns, new HnswOptions { Metric = metric, M = parameters[M], EfConstruction = parameters[EfConstruction], Threads = request.Threads }),
            _ => throw new NotSupportedException($"There is no index {request.Index}."),
        };
    }

    /// <summary>The parameters of a search.</summary>
    public static SearchOptions Options(IReadOnlyDictionary<string, int> parameters) => new()
    {
        EfSearch = parameters.GetValueOrDefault(EfSearch),
    };

    /// <summary>Bytes in memory: the index, and beside it what rescoring needs.</summary>
    public static (long Index, long Rescoring) Bytes(VectorIndex index) => (index.MemoryBytes, 0);
}

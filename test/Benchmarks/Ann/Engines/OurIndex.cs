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
        IReadOnlyDictionary<string, int> parameters = request.Parameters!;
        return request.Index switch
        {
            "flat" => FlatIndex.Build(vectors.Values, vectors.Columns, Common(new FlatOptions(), request)),
            "ivf" => IvfIndex.Build(vectors.Values, vectors.Columns, Common(new IvfOptions { NList = parameters.GetValueOrDefault(NList) }, request)),
            "lsh" => LshIndex.Build(vectors.Values, vectors.Columns, Common(new LshOptions { Tables = parameters.GetValueOrDefault(Tables, new LshOptions().Tables) }, request)),
            "hnsw" => HnswIndex.Build(vectors.Values, vectors.Columns, Common(new HnswOptions { M = parameters[M], EfConstruction = parameters[EfConstruction] }, request)),
            _ => throw new NotSupportedException($"There is no index {request.Index}."),
        };
    }

    /// <summary>The parameters of a search.</summary>
    public static SearchOptions Options(IReadOnlyDictionary<string, int> parameters) => new()
    {
        EfSearch = parameters.GetValueOrDefault(EfSearch),
        NProbe = parameters.GetValueOrDefault(NProbe, parameters.GetValueOrDefault(Probes)),
        Rescore = parameters.GetValueOrDefault(Rescore),
    };

    private static T Common<T>(T options, AnnRequest request)
        where T : VectorIndexOptions =>
        (T)(options with
        {
            Metric = MetricNames.Parse(request.Metric!),
            Codec = Codec(request.Codec!),
            Rescoring = request.Rescoring is string rescoring ? RescoringBy(rescoring) : Rescoring.None,
            Threads = request.Threads,
        });

    private static VectorCodec Codec(string name) => name switch
    {
        "f32" => VectorCodec.Float32,
        "f16" => VectorCodec.Float16,
        "int8" => VectorCodec.Int8,
        "ternary" => VectorCodec.Ternary,
        "binary" => VectorCodec.Binary,
        _ => throw new NotSupportedException($"There is no codec {name}."),
    };

    private static Rescoring RescoringBy(string name) => name switch
    {
        "f32" => Rescoring.Float32,
        "f16" => Rescoring.Float16,
        "int8" => Rescoring.Int8,
        _ => throw new NotSupportedException($"There is no rescoring by {name}."),
    };
}

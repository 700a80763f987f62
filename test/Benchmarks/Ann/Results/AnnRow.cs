// One row of ann's results: names and meanings stay, so that runs can be compared over time.
using System.Text.Json.Serialization;
using Benchmarks.Ann.Engines;

namespace Benchmarks.Ann.Results;

/// <summary>One index searched with one choice of parameters on one data set. Bytes are bytes, seconds are seconds.</summary>
internal sealed record AnnRow
{
    public required string Dataset { get; init; }

    public required string Engine { get; init; }

    public required string Index { get; init; }

    public required string Codec { get; init; }

    /// <summary>The form in which the best candidates were compared again; null where they were not.</summary>
    public required string? Rescoring { get; init; }

    /// <summary>Parameters of building and of searching.</summary>
    public required IReadOnlyDictionary<string, int> Params { get; init; }

    /// <summary>The share of the ten true neighbours that was found.</summary>
    public required double Recall10 { get; init; }

    /// <summary>Single queries a second on one core: the median sample.</summary>
    public required double Qps { get; init; }

    public required double BuildS { get; init; }

    /// <summary>The index in memory, without what rescoring needs.</summary>
    public required long Bytes { get; init; }

    public required long BytesRescoring { get; init; }

    public required double QpsMin { get; init; }

    public required double QpsMax { get; init; }

    /// <summary>Samples that the figures come from.</summary>
    public required int Samples { get; init; }

    /// <summary>Samples thrown away because other processes ran meanwhile.</summary>
    public required int RejectedSamples { get; init; }

    /// <summary>Whether other processes ran while it was searched.</summary>
    public required bool Contended { get; init; }

    /// <summary>Whether other processes ran while it was built.</summary>
    public required bool BuildContended { get; init; }

    public required int BuildThreads { get; init; }

    /// <summary>Peak resident memory of the process until the index was built: the vectors as they came are part of it.</summary>
    public required long BuildPeakRss { get; init; }

    /// <summary>Peak resident memory of the process while it searched; where the system cannot tell that, since it began.</summary>
    public required long PeakRss { get; init; }

    public required string Metric { get; init; }

    public required int Vectors { get; init; }

    public required int Dimension { get; init; }

    /// <summary>Queries that recall was counted over.</summary>
    public required int Queries { get; init; }

    /// <summary>The engine's version, where it tells.</summary>
    public required string? Version { get; init; }

    /// <summary>Parameters of building.</summary>
    [JsonIgnore]
    public IEnumerable<KeyValuePair<string, int>> BuildParams => Params.Where(parameter => Parameters.OfBuilding.Contains(parameter.Key));

    /// <summary>Parameters of searching.</summary>
    [JsonIgnore]
    public IEnumerable<KeyValuePair<string, int>> SearchParams => Params.Where(parameter => !Parameters.OfBuilding.Contains(parameter.Key));

    /// <summary>The contender's name.</summary>
    [JsonIgnore]
    public string Label => AnnContender.LabelOf(Engine, Index, Codec, Rescoring);
}

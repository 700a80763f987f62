// One row of ann-paper's results: names and meanings stay, so that runs can be compared over time.
using System.Text.Json.Serialization;

namespace Benchmarks.Ann.Paper;

/// <summary>One index over one encoder's embeddings. Bytes are bytes, seconds are seconds.</summary>
internal sealed record PaperRow
{
    /// <summary>teacher or ternary.</summary>
    public required string Encoder { get; init; }

    public required string Index { get; init; }

    public required string Codec { get; init; }

    public required string? Rescoring { get; init; }

    /// <summary>The share of the ten nearest under the teacher's embeddings, found exactly, that was found.</summary>
    public required double Precision10 { get; init; }

    public required double EncodeCorpusS { get; init; }

    public required double BuildS { get; init; }

    public required double EncodeQueriesS { get; init; }

    /// <summary>All queries, one by one on one thread.</summary>
    public required double SearchS { get; init; }

    /// <summary>From texts to neighbours: both encodings, building and searching.</summary>
    public double EndToEndS => EncodeCorpusS + BuildS + EncodeQueriesS + SearchS;

    /// <summary>The index in memory, without what rescoring needs.</summary>
    public required long Bytes { get; init; }

    public required long BytesRescoring { get; init; }

    public required int Corpus { get; init; }

    public required int Queries { get; init; }

    /// <summary>Threads that encoded and built.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether other processes ran meanwhile.</summary>
    public required bool Contended { get; init; }

    /// <summary>The same index over the other encoder has the same.</summary>
    [JsonIgnore]
    public (string, string, string?) Key => (Index, Codec, Rescoring);
}

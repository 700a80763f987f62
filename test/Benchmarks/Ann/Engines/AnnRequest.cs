// What is said to an engine's process and back: a line of JSON each way, over standard input and output. The processes of peers
// are in Python and JavaScript: peers/README.md describes the lines for them.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Benchmarks.Ann.Engines;

/// <summary>A request.</summary>
internal sealed record AnnRequest
{
    public const string BuildIndex = "build", SearchIndex = "search";

    /// <summary>build, once, then search.</summary>
    public required string Op { get; init; }

    /// <summary>build: the vectors, a .npy file.</summary>
    public string? Base { get; init; }

    /// <summary>build: the queries, a .npy file.</summary>
    public string? Queries { get; init; }

    /// <summary>build: l2, or cosine with vectors of norm 1.</summary>
    public string? Metric { get; init; }

    /// <summary>build: flat, ivf, lsh or hnsw.</summary>
    public string? Index { get; init; }

    /// <summary>build: the form of the vectors.</summary>
    public string? Codec { get; init; }

    /// <summary>build: the form of the vectors that candidates are compared with again; null for none.</summary>
    public string? Rescoring { get; init; }

    /// <summary>build: threads.</summary>
    public int Threads { get; init; }

    /// <summary>build and search: parameters.</summary>
    public IReadOnlyDictionary<string, int>? Parameters { get; init; }

    /// <summary>search: neighbours of each query.</summary>
    public int K { get; init; }

    /// <summary>search: the first query.</summary>
    public int First { get; init; }

    /// <summary>search: number of queries.</summary>
    public int Count { get; init; }

    /// <summary>search: the file that receives the neighbours, int32, k a query; null where only the time matters.</summary>
    public string? Ids { get; init; }
}

/// <summary>An answer.</summary>
internal sealed record AnnReply
{
    /// <summary>What went wrong; null where nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>The time that was measured: of building, or of the searches.</summary>
    public double Seconds { get; init; }

    /// <summary>build: bytes of the index without <see cref="BytesRescoring"/>.</summary>
    public long Bytes { get; init; }

    /// <summary>build: bytes of what rescoring needs beside it.</summary>
    public long BytesRescoring { get; init; }

    /// <summary>build: the engine's version, where it tells.</summary>
    public string? Version { get; init; }
}

/// <summary>Writes and reads the lines.</summary>
internal static class AnnLines
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write<T>(T message) => JsonSerializer.Serialize(message, Options);

    /// <exception cref="InvalidDataException">It is no such line.</exception>
    public static T Read<T>(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, Options) ?? throw new InvalidDataException("A line of the protocol is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"This is no line of the protocol: {line}", e);
        }
    }
}

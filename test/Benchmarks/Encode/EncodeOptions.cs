// What the command line of encode chose.
using Benchmarks.Engines;
using Benchmarks.Models;

namespace Benchmarks.Encode;

/// <summary>What to measure and for how long.</summary>
internal sealed record EncodeOptions
{
    public required IReadOnlyList<BenchmarkModel> Models { get; init; }

    public required IReadOnlyList<BatchShape> Shapes { get; init; }

    public required IReadOnlyList<int> Threads { get; init; }

    public required IReadOnlyList<EncodeEngineKind> Engines { get; init; }

    /// <summary>Time for each engine in each cell, in runs that count.</summary>
    public required double Seconds { get; init; }

    /// <summary>How long to wait for an idle machine.</summary>
    public required double IdleSeconds { get; init; }

    /// <summary>Where the rows go too; null for nowhere.</summary>
    public string? Json { get; init; }
}

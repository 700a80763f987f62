// What the command line of ann chose.
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;

namespace Benchmarks.Ann;

/// <summary>Options of <see cref="AnnCommand"/>.</summary>
internal sealed record AnnOptions
{
    public required IReadOnlyList<DatasetKind> Datasets { get; init; }

    public required IReadOnlyList<AnnContender> Contenders { get; init; }

    /// <summary>Threads that build.</summary>
    public required int BuildThreads { get; init; }

    /// <summary>Time of each sample of a point, of which there are at least <see cref="Repetitions"/>.</summary>
    public required double Seconds { get; init; }

    public required int Repetitions { get; init; }

    public required double IdleSeconds { get; init; }

    /// <summary>Where prepared data and node's packages are kept.</summary>
    public required string Cache { get; init; }

    public required string FashionMnistFolder { get; init; }

    /// <summary>Whether nothing is fetched.</summary>
    public required bool Offline { get; init; }

    /// <summary>Where the rows go.</summary>
    public string? Json { get; init; }

    /// <summary>Where the pictures go.</summary>
    public string? Plot { get; init; }

    /// <summary>Where the tables go.</summary>
    public string? Markdown { get; init; }
}

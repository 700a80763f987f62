// What the command line of ann-paper chose.
namespace Benchmarks.Ann.Paper;

/// <summary>Options of <see cref="PaperCommand"/>.</summary>
internal sealed record PaperOptions
{
    /// <summary>Glosses that are indexed.</summary>
    public required int Corpus { get; init; }

    /// <summary>Other glosses that are searched with.</summary>
    public required int Queries { get; init; }

    /// <summary>Threads that encode and build; searches are one by one on one thread.</summary>
    public required int Threads { get; init; }

    /// <summary>Builds and searches of each index, of which the median counts.</summary>
    public required int Repetitions { get; init; }

    public required double IdleSeconds { get; init; }

    /// <summary>Where the rows go.</summary>
    public string? Json { get; init; }

    /// <summary>Where the table goes.</summary>
    public string? Markdown { get; init; }
}

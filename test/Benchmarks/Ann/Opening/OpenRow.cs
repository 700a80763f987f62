// A line of ann-open's results.
namespace Benchmarks.Ann.Opening;

/// <summary>One index file.</summary>
internal sealed record OpenRow
{
    public required string Dataset { get; init; }

    public required string Index { get; init; }

    public required string Codec { get; init; }

    /// <summary>The form of the vectors kept for rescoring, or null.</summary>
    public string? Rescoring { get; init; }

    /// <summary>Seconds to build, on all cores.</summary>
    public required double BuildS { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Bytes of codes and structure, without what rescoring needs.</summary>
    public required long Bytes { get; init; }

    public required double OpenMs { get; init; }

    public required double FirstSearchMs { get; init; }

    public required double SearchUs { get; init; }

    public required long RssBefore { get; init; }

    public required long RssOpened { get; init; }

    public required long RssFirst { get; init; }

    public required long RssSearched { get; init; }

    /// <summary>What of that is the process's own, and not pages of files.</summary>
    public required long RssAnonymous { get; init; }
}

// The command line as values.
namespace Samples.AutoTernary;

internal sealed record AutoOptions
{
    public required string Teacher { get; init; }

    public required string[] Corpus { get; init; }

    public string? Task { get; init; }

    /// <summary>Further settings to search, each as Name=value,value.</summary>
    public string[] Vary { get; init; } = [];

    public double? Minutes { get; init; }

    public int? Steps { get; init; }

    public int Trials { get; init; }

    public double SizeMb { get; init; }

    public double MaxMilliseconds { get; init; }

    public double MinTextsPerSecond { get; init; }

    public int Threads { get; init; }

    public string? Folder { get; init; }

    public string? Json { get; init; }

    public string? Output { get; init; }

    public int Seed { get; init; }
}

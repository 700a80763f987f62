// What the command line chose.
namespace Samples.QuickStart;

internal sealed record QuickStartOptions
{
    public required IReadOnlyList<string> Questions { get; init; }

    public required string Teacher { get; init; }

    public required string Model { get; init; }

    public required int DistillSeconds { get; init; }

    public required bool Short { get; init; }

    public string? Json { get; init; }

    /// <summary>Dictionary entries that are embedded and searched.</summary>
    public int Entries => Short ? 3_000 : 20_000;

    /// <summary>Held-out definitions that the dictionary is tested with.</summary>
    public int HeldOut => Short ? 300 : 1_000;
}

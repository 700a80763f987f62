// What the command line chose.
namespace Samples.Evaluate;

internal sealed record EvaluateOptions
{
    public required IReadOnlyList<string> Models { get; init; }

    public string? Teacher { get; init; }

    public required IReadOnlyList<string> Baselines { get; init; }

    public IReadOnlyList<string> TaskFolders { get; init; } = [];

    public string? PublicTasks { get; init; }

    public int? FewShot { get; init; }

    public bool BuiltIn { get; init; }

    public IReadOnlyList<string> Only { get; init; } = [];

    public int? Limit { get; init; }

    public int Threads { get; init; } = Environment.ProcessorCount;

    public string? Json { get; init; }

    public string? Html { get; init; }
}

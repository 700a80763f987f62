// What one cell of a table came to: several engines on the same work.
namespace Benchmarks.Measurement;

/// <summary>The times of all engines of a cell.</summary>
/// <param name="Engines">Their names.</param>
/// <param name="Times">Their times, in the same order.</param>
/// <param name="HandoffNanoseconds">Time from core to core meanwhile; null on one core.</param>
internal sealed record CellTimes(IReadOnlyList<string> Engines, IReadOnlyList<RunTimes> Times, double? HandoffNanoseconds)
{
    /// <summary>How many times as fast as each other engine one is, by their medians.</summary>
    public Dictionary<string, double> TimesAsFastAs(int engine) => Enumerable.Range(0, Engines.Count)
        .Where(other => other != engine)
        .ToDictionary(other => Engines[other], other => Times[other].Median / Times[engine].Median);
}

// What rows of all tables have in common: names and meanings stay, so that runs can be compared over time.
using System.Globalization;
using System.Text.Json.Serialization;
using Benchmarks.Measurement;

namespace Benchmarks.Reports;

/// <summary>One engine in one cell.</summary>
/// <param name="cell">The cell's times.</param>
/// <param name="index">Which engine.</param>
/// <param name="threads">Threads that it had.</param>
/// <param name="multiplyAdds">Multiply-adds of linear layers in one run.</param>
/// <param name="peak">1e9 multiply-adds a second that one core can do.</param>
internal abstract class MeasuredRow(CellTimes cell, int index, int threads, double multiplyAdds, double peak)
{
    private readonly RunTimes _times = cell.Times[index];

    [JsonPropertyOrder(1)]
    public int Threads => threads;

    [JsonPropertyOrder(1)]
    public string Engine { get; } = cell.Engines[index];

    [JsonPropertyOrder(1)]
    public double MsMedian => _times.Median;

    [JsonPropertyOrder(1)]
    public double MsMin => _times.Min;

    [JsonPropertyOrder(1)]
    public double MsMax => _times.Max;

    /// <summary>Runs that the figures come from.</summary>
    [JsonPropertyOrder(2)]
    public int Runs => _times.IsContended ? _times.Rejected : _times.Accepted;

    /// <summary>Runs thrown away because other processes ran meanwhile.</summary>
    [JsonPropertyOrder(2)]
    public int RejectedRuns => _times.IsContended ? 0 : _times.Rejected;

    /// <summary>Multiply-adds of linear layers, 1e9 a second; those for padding are not counted.</summary>
    [JsonPropertyOrder(2)]
    public double GmacPerS => multiplyAdds / MsMedian / 1e6;

    /// <summary>That in percent of what the ternary kernel's instructions can do on as many cores.</summary>
    [JsonPropertyOrder(2)]
    public double PercentOfPeak => 100 * GmacPerS / (peak * threads);

    /// <summary>What they can do on one core, 1e9 multiply-adds a second, as measured in this run.</summary>
    [JsonPropertyOrder(2)]
    public double PeakGmacPerSPerCore => peak;

    /// <summary>Processors that the process kept busy on average, spinning threads included.</summary>
    [JsonPropertyOrder(2)]
    public double BusyProcessors => _times.BusyProcessors;

    /// <summary>Nanoseconds from one core to another during the cell; null on one core. Compare runs where it is alike.</summary>
    [JsonPropertyOrder(2)]
    public double? HandoffNs => cell.HandoffNanoseconds;

    /// <summary>Whether other processes ran while it was measured.</summary>
    [JsonPropertyOrder(2)]
    public bool Contended => _times.IsContended;

    /// <summary>How many times as fast as each other engine of the cell this one is.</summary>
    [JsonPropertyOrder(3)]
    public IReadOnlyDictionary<string, double> TimesAsFastAs { get; } = cell.TimesAsFastAs(index);

    /// <summary>The row's figures as a line of progress.</summary>
    protected string Figures => string.Create(CultureInfo.InvariantCulture,
        $"{threads}T {Engine,-16} {MsMedian,10:F3} ms ({MsMin:F3} to {MsMax:F3}, {Runs} runs, {RejectedRuns} rejected, {BusyProcessors:F2} processors, handoff {HandoffNs:F0} ns) {GmacPerS,5:F0} GMAC/s{(Contended ? " contended" : "")}");
}

// One row of the results: names and meanings stay, so that runs can be compared over time.
namespace Benchmarks.Reports;

/// <summary>One engine on one model, shape and number of threads.</summary>
internal sealed record EncodeRow
{
    public required string Model { get; init; }

    public required int Batch { get; init; }

    /// <summary>Tokens of each sequence, or "ragged".</summary>
    public required object Tokens { get; init; }

    public required int Threads { get; init; }

    public required string Engine { get; init; }

    public required double MsMedian { get; init; }

    public required double MsMin { get; init; }

    public required double MsMax { get; init; }

    /// <summary>Runs that the figures come from.</summary>
    public required int Runs { get; init; }

    /// <summary>Runs thrown away because other processes ran meanwhile.</summary>
    public required int RejectedRuns { get; init; }

    /// <summary>Tokens of text a second; padding is not counted.</summary>
    public required double TokensPerS { get; init; }

    /// <summary>Multiply-adds of the linear layers for those tokens, 1e9 a second.</summary>
    public required double GmacPerS { get; init; }

    /// <summary>That in percent of what the ternary kernel's instructions can do on as many cores.</summary>
    public required double PercentOfPeak { get; init; }

    /// <summary>The measured peak of one core, 1e9 multiply-adds a second.</summary>
    public required double PeakGmacPerSPerCore { get; init; }

    /// <summary>Processors that the process kept busy on average, spinning threads included.</summary>
    public required double BusyProcessors { get; init; }

    /// <summary>Nanoseconds from one core to another during the cell; null on one core. Compare runs where it is alike.</summary>
    public required double? HandoffNs { get; init; }

    /// <summary>Whether other processes ran while it was measured.</summary>
    public required bool Contended { get; init; }

    /// <summary>Whether the weights are a trained model's.</summary>
    public required bool RealWeights { get; init; }

    /// <summary>Least cosine of an embedding to float32's.</summary>
    public required double CosineMin { get; init; }

    /// <summary>Tokens in the batch, and with the padding that peers compute.</summary>
    public required int TokenCount { get; init; }

    public required int PaddedTokenCount { get; init; }

    /// <summary>How many times as fast as each other engine of the cell this one is.</summary>
    public IReadOnlyDictionary<string, double> TimesAsFastAs { get; init; } = new Dictionary<string, double>();
}

// One row of encode's results.
using System.Globalization;
using Benchmarks.Measurement;
using Benchmarks.Models;

namespace Benchmarks.Reports;

/// <summary>One engine on one model, shape and number of threads.</summary>
internal sealed class EncodeRow(BenchmarkModel model, BatchShape shape, BenchmarkBatch batch, CellTimes cell, int index, int threads, double cosine, double peak,
    IReadOnlyDictionary<string, double>? timeShares)
    : MeasuredRow(cell, index, threads, batch.Tokens.TokenCount * model.LinearMultiplyAddsPerToken, peak)
{
    public string Model => model.Name;

    public int Batch => batch.Count;

    /// <summary>Tokens of each sequence, or "ragged".</summary>
    public object Tokens => shape.Tokens is int tokens ? tokens : shape.ToString();

    /// <summary>Tokens of text a second; padding is not counted.</summary>
    public double TokensPerS => batch.Tokens.TokenCount / MsMedian * 1e3;

    /// <summary>Whether the weights are a trained model's.</summary>
    public bool RealWeights => model.RealWeights;

    /// <summary>Least cosine of an embedding to float32's.</summary>
    public double CosineMin => cosine;

    /// <summary>Tokens of text in the batch.</summary>
    public int TokenCount => batch.Tokens.TokenCount;

    /// <summary>Tokens with the padding that peers compute.</summary>
    public int PaddedTokenCount => batch.PaddedIds.Length;

    /// <summary>The share of each stage in the engine's time, in percent; null where it does not say.</summary>
    public IReadOnlyDictionary<string, double>? TimeShares => timeShares;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model} {shape} {Figures} {TokensPerS:F0} tokens/s");
}

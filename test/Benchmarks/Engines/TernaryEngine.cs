// This library, called as applications call it.
using System.Diagnostics;
using Benchmarks.Models;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Engines;

internal sealed class TernaryEngine(EmbeddingModel model, int threads) : EncodeEngine
{
    private const double ProfileSeconds = 0.3;

    private readonly TextEncoder _encoder = new(model, new TextEncoderOptions { MaxThreads = threads });
    private BenchmarkBatch? _batch;
    private float[] _embeddings = [];

    public override ReadOnlySpan<float> Embeddings => _embeddings;

    public override void Prepare(BenchmarkBatch batch)
    {
        _batch = batch;
        _embeddings = new float[batch.Count * _encoder.Dimension];
    }

    public override void Run() => _encoder.EmbedTokens(_batch!.Tokens, _embeddings);

    // Reading the clock between stages costs a percent, so it is done with an encoder of its own.
    public override IReadOnlyDictionary<string, double> TimeShares()
    {
        EncoderTimes times = new();
        using TextEncoder encoder = new(model, new TextEncoderOptions { MaxThreads = threads, Times = times });
        encoder.EmbedTokens(_batch!.Tokens, _embeddings);
        times.Clear();
        long start = Stopwatch.GetTimestamp();
        do
            encoder.EmbedTokens(_batch.Tokens, _embeddings);
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < ProfileSeconds);
        double all = Enum.GetValues<Stage>().Sum(times.Seconds);
        return Enum.GetValues<Stage>().ToDictionary(stage => stage.ToString().ToLowerInvariant(), stage => 100 * times.Seconds(stage) / all);
    }

    public override void Dispose() => _encoder.Dispose();
}

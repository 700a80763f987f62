// This library, called as applications call it.
using Benchmarks.Models;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Benchmarks.Engines;

internal sealed class TernaryEngine(EmbeddingModel model, int threads) : EncodeEngine
{
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

    public override void Dispose() => _encoder.Dispose();
}

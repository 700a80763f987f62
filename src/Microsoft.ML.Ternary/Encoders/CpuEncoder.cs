// What text and image encoders share on the CPU: the packed weights, and the working memory of calls.
using System.Collections.Concurrent;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Runs batches of sequences through an encoder and its head. Any number of threads may do so at once.</summary>
internal sealed class CpuEncoder(EncoderModel model, EncoderOptions options, int dimension)
{
    private readonly TransformerEncoder _encoder = TransformerEncoder.Create(model);
    private readonly EmbeddingHead _head = new(model, dimension);
    private readonly ThreadChoice _threads = new(options.WorthwhileProducts, options.MaxThreads, options.SharingTolerance);
    private readonly ConcurrentBag<EncoderCall> _calls = [];
    private volatile bool _disposed;

    /// <summary>Embeds a batch that was checked; row i of <paramref name="output"/> is the embedding of sequence i.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public unsafe void Run(SequenceBatch batch, Span<float> output, CancellationToken cancellation)
    {
        if (!_calls.TryTake(out EncoderCall? call))
            call = new EncoderCall(_encoder, _head, dimension, options, _threads);
        fixed (float* rows = output)
            call.Run(batch, rows, cancellation);
        if (!_disposed)
            _calls.Add(call);
    }

    /// <summary>Drops the working memory.</summary>
    public void Release()
    {
        _disposed = true;
        _calls.Clear();
    }
}

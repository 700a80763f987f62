// The full-precision model on libtorch: the teacher of a distillation, and the yardstick that speed is measured against.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Embeds text with libtorch in float32. Not thread-safe: libtorch uses all its threads for one call.</summary>
/// <remarks>For training and measuring; applications embed with the text encoder, which needs no libtorch.</remarks>
public sealed class TorchTextEncoder : IDisposable
{
    private const int BatchSize = 32;
    private readonly TorchBert _bert;
    private readonly TorchSentenceHead _head;
    private readonly TextTokenizer _tokenizer;
    private readonly int _paddingId;
    private readonly Device _device;

    /// <summary>Creates an encoder of a model in full precision.</summary>
    /// <exception cref="ArgumentException">A layer of the model is ternary.</exception>
    public TorchTextEncoder(EmbeddingModel model)
        : this(model, torch.CPU)
    {
    }

    internal TorchTextEncoder(EmbeddingModel model, Device device)
        : this(model, device, new TorchBert(
            model.Config, model.Weights, (name, weights) => new DenseTorchLinear(name, weights, ScalarType.Float32, device),
            ScalarType.Float32, device))
    {
    }

    internal TorchTextEncoder(EmbeddingModel model, Device device, TorchBert bert)
    {
        (Dimension, _device, _bert) = (model.Dimension, device, bert);
        _head = new TorchSentenceHead(model, device);
        _tokenizer = TextTokenizer.Create(model.Tokenizer);
        _paddingId = PaddingId(model.Tokenizer);
    }

    /// <summary>Components of an embedding.</summary>
    public int Dimension { get; }

    /// <summary>libtorch's number of threads, of the whole process.</summary>
    public static int Threads
    {
        get => torch.get_num_threads();
        set => torch.set_num_threads(value);
    }

    /// <summary>Embeds texts; null embeds as the empty text.</summary>
    /// <param name="texts">The texts, in any order of lengths.</param>
    /// <param name="output">Receives texts.Count x <see cref="Dimension"/> values, in the order of the texts.</param>
    /// <param name="cancellation">Stops the work between two batches; <paramref name="output"/> is then partly written.</param>
    /// <exception cref="ArgumentException"><paramref name="output"/> has another length.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default)
    {
        if (output.Length != (long)texts.Count * Dimension)
            throw new ArgumentException($"{texts.Count} embeddings of {Dimension} components need {(long)texts.Count * Dimension} values; the output holds {output.Length}.", nameof(output));
        int[][] sequences = texts.Select(text => _tokenizer.Encode(text)).ToArray();
        int[] order = Enumerable.Range(0, sequences.Length).OrderBy(i => sequences[i].Length).ToArray();
        foreach (int[] rows in order.Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            float[] embeddings = Embed(new TrainingBatch(rows.Select(row => sequences[row]).ToArray()));
            for (int i = 0; i < rows.Length; i++)
                embeddings.AsSpan(i * Dimension, Dimension).CopyTo(output.Slice(rows[i] * Dimension, Dimension));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bert.Dispose();
        _head.Dispose();
    }

    /// <summary>The id that fills short sequences.</summary>
    internal static int PaddingId(TokenizerDefinition tokenizer)
    {
        for (int id = 0; id < tokenizer.Vocabulary.Count; id++)
        {
            if (tokenizer.Vocabulary[id] == tokenizer.PaddingToken)
                return id;
        }
        return 0;
    }

    private float[] Embed(TrainingBatch batch)
    {
        using DisposeScope scope = NewDisposeScope();
        using var guard = no_grad();
        (Tensor ids, Tensor mask) = batch.ToTensors(_paddingId, _device);
        return _head.forward(_bert.forward(ids, mask), mask).cpu().data<float>().ToArray();
    }
}

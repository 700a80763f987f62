// BERT as libtorch modules: the frozen teacher, and the student that shares its embeddings. One code for both; only the linear
// layers differ.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>A BERT encoder: token ids (batch x length) and mask (1 for tokens, 0 for padding) to hidden states
/// (batch x length x hidden).</summary>
/// <remarks>What is in <see cref="Trainables"/> is trained where it is handed to an optimiser.</remarks>
internal sealed class TorchBert : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly BertWeights _start;
    private readonly ScalarType _matrixType;
    private readonly TorchEmbeddings _embeddings;
    private readonly TorchLayerNorm _embeddingNorm;
    private readonly TorchBertLayer[] _layers;

    /// <param name="config">The encoder's shape.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="linear">Makes each linear layer of its full name and its weights.</param>
    /// <param name="matrixType">The type of matrix products.</param>
    /// <param name="device">Where the tensors live.</param>
    /// <param name="trainEmbeddings">Whether token and position embeddings are among what is trained.</param>
    /// <param name="tokenEmbeddings">The form that token embeddings are stored in.</param>
    public TorchBert(
        BertConfig config, BertWeights weights, Func<string, DenseLinearWeights, TorchLinear> linear, ScalarType matrixType, Device device,
        bool trainEmbeddings = false, TokenEmbeddingFormat tokenEmbeddings = TokenEmbeddingFormat.Float32)
        : base("bert")
    {
        (_start, _matrixType) = (weights, matrixType);
        _embeddings = new TorchEmbeddings(config, weights, tokenEmbeddings, trainEmbeddings, device);
        _embeddingNorm = new TorchLayerNorm("embeddings.LayerNorm", weights.EmbeddingNorm, config.LayerNormEpsilon, device);
        _layers = weights.Layers.Select((layer, i) => new TorchBertLayer($"encoder.layer.{i}", config, layer, linear, device)).ToArray();
    }

    /// <summary>All that may be trained.</summary>
    public IReadOnlyList<Trainable> Trainables => [.. _embeddings.Trainables, .. _embeddingNorm.Trainables, .. _layers.SelectMany(layer => layer.Trainables)];

    public override Tensor forward(Tensor ids, Tensor mask) => Forward(ids, mask, null);

    /// <summary>Runs the encoder and calls <paramref name="onHidden"/> with the embeddings and with each layer's output, and
    /// <paramref name="onAttention"/> with each layer's queries, keys and values.</summary>
    public Tensor Forward(Tensor ids, Tensor mask, Action<Tensor>? onHidden, Action<AttentionStates>? onAttention = null)
    {
        Tensor x = _embeddings.Forward(ids);
        x = _embeddingNorm.forward(x);
        onHidden?.Invoke(x);
        // A batch without padding needs no mask, and attention is faster without one.
        Tensor? attentionMask = mask.min().item<float>() > 0 ? null : mask.Plus(-1).Times(1e9).unsqueeze(1).unsqueeze(1);
        foreach (TorchBertLayer layer in _layers)
        {
            x = layer.Forward(x, attentionMask, _matrixType, onAttention);
            onHidden?.Invoke(x);
        }
        return x;
    }

    /// <summary>The present weights: ternary where the student is, in full precision elsewhere.</summary>
    public BertWeights Export() => _embeddings.Export(_start) with
    {
        EmbeddingNorm = _embeddingNorm.Export(),
        Layers = _layers.Select(layer => layer.Export()).ToArray(),
    };

    /// <summary>A tensor of its own memory, outside any dispose scope.</summary>
    internal static Tensor FromArray(float[] values, long[] shape, Device device)
    {
        using Tensor shared = tensor(values, shape);
        return shared.to(device, copy: true).DetachFromDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (IDisposable part in new IDisposable[] { _embeddings, _embeddingNorm }.Concat(_layers))
                part.Dispose();
        }
        base.Dispose(disposing);
    }
}

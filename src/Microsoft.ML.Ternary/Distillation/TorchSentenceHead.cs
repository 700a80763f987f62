// What follows the encoder, in libtorch: pooling over real tokens, dense modules, normalisation.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Hidden states (batch x length x hidden) and mask (batch x length) to embeddings (batch x dimension).</summary>
internal sealed class TorchSentenceHead : nn.Module<Tensor, Tensor, Tensor>
{
    // What takes padding out of a maximum.
    private const double Excluded = 1e30;

    private readonly PoolingModes _pooling;
    private readonly bool _normalize;
    private readonly (Tensor Weight, Tensor Bias, DenseActivation Activation)[] _dense;

    public TorchSentenceHead(EmbeddingModel model, Device device) : base("head")
    {
        (_pooling, _normalize) = (model.Pooling, model.Normalize);
        _dense = model.DenseModules.Select(dense => (
            TorchBert.FromArray(dense.Linear.Matrix, [dense.Linear.OutputSize, dense.Linear.InputSize], device),
            TorchBert.FromArray(dense.Linear.Bias, [dense.Linear.OutputSize], device),
            dense.Activation)).ToArray();
    }

    public override Tensor forward(Tensor hidden, Tensor mask)
    {
        Tensor x = Pool(hidden, mask.unsqueeze(-1));
        foreach ((Tensor weight, Tensor bias, DenseActivation activation) in _dense)
            x = Activate(nn.functional.linear(x, weight, bias), activation);
        return _normalize ? nn.functional.normalize(x, dim: -1) : x;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach ((Tensor weight, Tensor bias, _) in _dense)
            {
                weight.Dispose();
                bias.Dispose();
            }
        }
        base.Dispose(disposing);
    }

    private Tensor Pool(Tensor hidden, Tensor mask)
    {
        var parts = new List<Tensor>();
        Tensor Sum() => (hidden * mask).sum(1);
        if (_pooling.HasFlag(PoolingModes.Cls))
            parts.Add(hidden.select(1, 0));
        if (_pooling.HasFlag(PoolingModes.Max))
            parts.Add(hidden.Plus(mask.Plus(-1).Times(Excluded)).amax([1]));
        if (_pooling.HasFlag(PoolingModes.Mean))
            parts.Add(Sum() / mask.sum(1));
        if (_pooling.HasFlag(PoolingModes.MeanSqrtLength))
            parts.Add(Sum() / mask.sum(1).sqrt());
        return parts.Count == 1 ? parts[0] : cat(parts, -1);
    }

    private static Tensor Activate(Tensor x, DenseActivation activation) => activation switch
    {
        DenseActivation.Tanh => x.tanh(),
        DenseActivation.Relu => nn.functional.relu(x),
        DenseActivation.Gelu => nn.functional.gelu(x),
        DenseActivation.Sigmoid => x.sigmoid(),
        _ => x,
    };
}

// Layer norm over the hidden dimension, with or without training.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class TorchLayerNorm : nn.Module<Tensor, Tensor>
{
    private readonly Trainable _gain;
    private readonly Trainable _bias;
    private readonly double _epsilon;

    public TorchLayerNorm(string name, LayerNormWeights weights, float epsilon, Device device) : base(name)
    {
        _epsilon = epsilon;
        _gain = new Trainable(name + ".weight", weights.Gain, [weights.Gain.Length], ScalarType.Float32, device);
        _bias = new Trainable(name + ".bias", weights.Bias, [weights.Bias.Length], ScalarType.Float32, device);
        _gain.Publish();
        _bias.Publish();
    }

    /// <summary>Gain and bias.</summary>
    public IEnumerable<Trainable> Trainables => [_gain, _bias];

    public override Tensor forward(Tensor x) => nn.functional.layer_norm(x, _gain.Leaf.shape, _gain.Leaf, _bias.Leaf, _epsilon);

    /// <summary>The present weights.</summary>
    public LayerNormWeights Export() => new((float[])_gain.Values.Clone(), (float[])_bias.Values.Clone());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _gain.Dispose();
            _bias.Dispose();
        }
        base.Dispose(disposing);
    }
}

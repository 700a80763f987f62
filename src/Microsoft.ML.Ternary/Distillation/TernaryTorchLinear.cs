// The student's linear layer: full-precision weights in training, ternary ones in the product.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>A linear layer trained through the straight-through estimator.</summary>
internal sealed class TernaryTorchLinear : TorchLinear
{
    private readonly TernaryTrainable _weight;
    private readonly Trainable _bias;
    private readonly bool _simulateInt8;

    public TernaryTorchLinear(
        string name, DenseLinearWeights start, TernaryRecipe recipe, int digits, ScalarType matrixType, Device device)
        : base(name)
    {
        _simulateInt8 = recipe.SimulateInt8Activations;
        _weight = new TernaryTrainable(name + ".weight", start.Matrix, start.OutputSize, start.InputSize, recipe.Scaling, digits, matrixType, device, recipe.LearnedScales)
        { LeafTakesValueGradient = _simulateInt8 && matrixType == ScalarType.BFloat16 && device.type == DeviceType.CPU };
        _bias = new Trainable(name + ".bias", start.Bias, [start.OutputSize], ScalarType.Float32, device);
        _bias.Publish();
    }

    /// <summary>Weights, factors on their scales where these are learned, and biases. The factors' gradient follows from the weights'.</summary>
    public override IEnumerable<Trainable> Trainables => _weight.Gains is ScaleGains gains ? [_weight, gains, _bias] : [_weight, _bias];

    public override Tensor forward(TorchActivation input)
    {
        if (input.MatrixType == ScalarType.Float32)
            return nn.functional.linear(_simulateInt8 ? input.Rounded : input.Values, _weight.Leaf, _bias.Leaf);
        if (!_simulateInt8)
            return (Product(input.Values) * _weight.ScaleTensor).Plus(_bias.Leaf);
        if (_weight.LeafTakesValueGradient)
            return Int8TernaryProduct.Apply(input.Source, input.Int8OnProcessor, _weight.Leaf, _weight.RowScales, _bias.Leaf);
        (Tensor codes, Tensor scales) = input.Int8;
        return (Product(codes) * scales * _weight.ScaleTensor).Plus(_bias.Leaf);
    }

    /// <summary>The present weights as a packed layer.</summary>
    public override LinearWeights Export() =>
        new TernaryLinearWeights(_weight.ToMatrix(), (float[])_bias.Values.Clone());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight.Dispose();
            _bias.Dispose();
        }
        base.Dispose(disposing);
    }

    private Tensor Product(Tensor x) => nn.functional.linear(x, _weight.Leaf).to(ScalarType.Float32);
}

// Linear layers for training and for the timed teacher. The input is rounded to int8 at most once, so that the query, key and
// value projections share it.
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>The input of one or more linear layers: float32 activations, and their forms for ternary layers, made when asked for.</summary>
internal sealed class TorchActivation(Tensor values, ScalarType matrixType)
{
    private Tensor? _cast;
    private Tensor? _rounded;
    private (Tensor Codes, Tensor Scales)? _int8;
    private Int8Tensor? _int8OnProcessor;

    /// <summary>The activations in float32.</summary>
    public Tensor Source => values;

    /// <summary>The type of matrix products.</summary>
    public ScalarType MatrixType => matrixType;

    /// <summary>The activations in the type of matrix products.</summary>
    public Tensor Values => _cast ??= values.to(matrixType);

    /// <summary>The activations in float32 after rounding to int8 a token and back: scale x round(x / scale), scale = max|x| / 127.
    /// The gradient passes straight through.</summary>
    public Tensor Rounded => _rounded ??= values.Plus(Int8Rounding.Offset(values));

    /// <summary>The int8 codes of each token in the type of matrix products (whole numbers up to 127 are exact in bfloat16)
    /// and their scales, ... x 1. The gradient passes straight through the rounding; the scale counts as a constant.</summary>
    public (Tensor Codes, Tensor Scales) Int8 => _int8 ??= Quantize();

    /// <summary>The same without a gradient and in one pass, on the processor: tokens x inputs, bfloat16.</summary>
    public Int8Tensor Int8OnProcessor => _int8OnProcessor ??= QuantizeOnProcessor();

    private Int8Tensor QuantizeOnProcessor()
    {
        int columns = checked((int)values.shape[^1]);
        using Tensor source = values.detach().contiguous();
        var scales = new float[source.numel() / columns];
        Tensor codes = empty([scales.Length, columns], ScalarType.BFloat16);
        BFloat16Passes.Quantize(
            MemoryMarshal.Cast<byte, float>(source.bytes), columns, MemoryMarshal.Cast<byte, ushort>(codes.bytes), scales);
        return new Int8Tensor(codes, scales);
    }

    private (Tensor Codes, Tensor Scales) Quantize()
    {
        Tensor scales = Int8Rounding.Scales(values);
        Tensor scaled = values / scales;
        Tensor offset;
        using (no_grad())
            offset = scaled.round().Minus(scaled);
        return (scaled.Plus(offset).to(matrixType), scales);
    }
}

/// <summary>y = W x + b.</summary>
internal abstract class TorchLinear(string name) : nn.Module<TorchActivation, Tensor>(name)
{
    /// <summary>Weights and biases.</summary>
    public abstract IEnumerable<Trainable> Trainables { get; }

    /// <summary>The present weights as encoders take them.</summary>
    public abstract LinearWeights Export();
}

/// <summary>A frozen linear layer in full precision: the teacher's, and the student's where layers are left as they are.</summary>
internal sealed class DenseTorchLinear : TorchLinear
{
    private readonly DenseLinearWeights _start;
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    public DenseTorchLinear(string name, DenseLinearWeights weights, ScalarType matrixType, Device device) : base(name)
    {
        _start = weights;
        using Tensor weight = TorchBert.FromArray(weights.Matrix, [weights.OutputSize, weights.InputSize], device);
        _weight = weight.to(matrixType, copy: true).DetachFromDisposeScope();
        _bias = TorchBert.FromArray(weights.Bias, [weights.OutputSize], device);
    }

    public override IEnumerable<Trainable> Trainables => [];

    public override Tensor forward(TorchActivation input) =>
        input.MatrixType == ScalarType.Float32
            ? nn.functional.linear(input.Values, _weight, _bias)
            : nn.functional.linear(input.Values, _weight).to(ScalarType.Float32).Plus(_bias);

    public override LinearWeights Export() => _start;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight.Dispose();
            _bias.Dispose();
        }
        base.Dispose(disposing);
    }
}

// A weight matrix in training: full-precision values that are moved, ternary ones that are multiplied.
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Kernels;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>A trained matrix whose leaf is its ternary form.</summary>
/// <remarks>
/// The gradient with respect to the ternary values is handed to the full-precision values unchanged: the straight-through
/// estimator (Bengio et al., arXiv 1308.3432). A float32 leaf holds code x scale. A bfloat16 leaf, in which that product would not
/// be exact, holds the codes, and the layer multiplies the scales in afterwards; its gradient is divided by the scale here.
/// </remarks>
internal sealed class TernaryTrainable : Trainable
{
    private readonly int _columns;
    private readonly TernaryScaling _scaling;
    private readonly int _digits;
    private readonly bool _leafHoldsCodes;
    private readonly float[] _codes = [];
    private float _ternaryShare = 1;

    public TernaryTrainable(
        string name, float[] start, int rows, int columns, TernaryScaling scaling, int digits, ScalarType leafType, Device device,
        bool learnedScales = false)
        : base(name, start, [rows, columns], leafType, device)
    {
        (_columns, _scaling, _digits) = (columns, scaling, digits);
        _leafHoldsCodes = leafType != ScalarType.Float32;
        if (learnedScales)
        {
            Gains = new ScaleGains(name + ".scale_gain", scaling.IsPerRow ? rows : 1, this);
            _codes = new float[start.Length];
        }
        RowScales = new float[rows];
        ScaleTensor = ones(rows, ScalarType.Float32, device).DetachFromDisposeScope();
        Publish();
    }

    /// <summary>Whether the gradient that reaches a leaf of codes is that of the ternary values already.</summary>
    public bool LeafTakesValueGradient { get; init; }

    /// <summary>The scale of every row, also where all rows share one.</summary>
    public float[] RowScales { get; }

    /// <summary>The same on the device, where the leaf holds codes.</summary>
    public Tensor ScaleTensor { get; }

    /// <summary>The trained factors on the scales; null where scales follow from the weights alone.</summary>
    public ScaleGains? Gains { get; }

    /// <summary>The share a of the ternary values in what is multiplied, (1 - a) w + a ternary(w); 1 but at the beginning of a
    /// <see cref="TernaryRecipe.PrecisionRamp"/>. The gradient reaches w the same whatever it is.</summary>
    public float TernaryShare
    {
        get => _ternaryShare;
        set
        {
            if (value == _ternaryShare)
                return;
            _ternaryShare = value;
            Publish();
        }
    }

    public override Tensor? TakeGradient()
    {
        Tensor? gradient = base.TakeGradient();
        if (gradient is null)
            return null;
        if (_leafHoldsCodes && !LeafTakesValueGradient)
        {
            using var guard = no_grad();
            using Tensor scales = tensor(RowScales, [RowScales.Length, 1]).AtLeast(1e-12);
            gradient = gradient.div_(scales);
        }
        Gains?.SetGradient(GradientOfGains(MemoryMarshal.Cast<byte, float>(gradient.bytes)));
        return gradient;
    }

    public override void Update(ReadOnlySpan<float> gradient, in AdamStep step)
    {
        if (step.WeightDecay > 0)
            TensorPrimitives.Multiply(Values, 1 - step.WeightDecay, Values);
        Gains?.Move(step);
        base.Update(gradient, step);
    }

    public override void Dispose()
    {
        ScaleTensor.Dispose();
        Gains?.Dispose();
        base.Dispose();
    }

    /// <summary>The ternary form of the present values, for the packed kernels.</summary>
    public TernaryMatrix ToMatrix()
    {
        var rounded = new float[Values.Length];
        Round(rounded);
        ReadOnlySpan<float> scales = _scaling.IsPerRow ? RowScales : RowScales.AsSpan(0, 1);
        return TernaryMatrix.FromCodes(Array.ConvertAll(rounded, code => (sbyte)code), RowScales.Length, _columns, scales, _digits);
    }

    protected override void WriteLeaf(Span<float> leaf)
    {
        Round(leaf);
        if (Gains is not null)
            leaf.CopyTo(_codes);
        for (int row = 0; row < RowScales.Length; row++)
        {
            Span<float> values = leaf.Slice(row * _columns, _columns);
            if (!_leafHoldsCodes)
                TensorPrimitives.Multiply(values, RowScales[row], values);
            if (_ternaryShare < 1)
                Blend(Values.AsSpan(row * _columns, _columns), values, RowScales[row]);
        }
        if (!_leafHoldsCodes)
            return;
        using var guard = no_grad();
        using Tensor scales = tensor(RowScales, [RowScales.Length]);
        ScaleTensor.copy_(scales);
    }

    // Codes are multiplied by their scale later, so weights beside them are divided by it. A scale of zero belongs to weights of zero.
    private void Blend(ReadOnlySpan<float> weights, Span<float> leaf, float scale)
    {
        TensorPrimitives.Multiply(leaf, _ternaryShare, leaf);
        float share = (1 - _ternaryShare) / (_leafHoldsCodes ? scale : 1);
        if (float.IsFinite(share))
            TensorPrimitives.MultiplyAdd(weights, share, leaf, leaf);
    }

    // The value of a weight is a x gain x scale x code beside what a ramp adds, so dL/dgain = a x scale x sum(dL/dvalue x code).
    private float[] GradientOfGains(ReadOnlySpan<float> gradient)
    {
        float[] gains = Gains!.Values, result = new float[gains.Length];
        for (int row = 0; row < RowScales.Length; row++)
        {
            int gain = gains.Length == 1 ? 0 : row;
            float product = TensorPrimitives.Dot(gradient.Slice(row * _columns, _columns), _codes.AsSpan(row * _columns, _columns));
            result[gain] += gains[gain] == 0 ? 0 : _ternaryShare * RowScales[row] / gains[gain] * product;
        }
        return result;
    }

    private void Round(Span<float> codes)
    {
        if (!_scaling.IsPerRow)
        {
            RowScales.AsSpan().Fill(TernaryRounding.Round(Values, _scaling, _digits, codes) * (Gains?.Values[0] ?? 1));
            return;
        }
        for (int row = 0; row < RowScales.Length; row++)
        {
            float scale = TernaryRounding.Round(Values.AsSpan(row * _columns, _columns), _scaling, _digits, codes.Slice(row * _columns, _columns));
            RowScales[row] = scale * (Gains?.Values[row] ?? 1);
        }
    }
}

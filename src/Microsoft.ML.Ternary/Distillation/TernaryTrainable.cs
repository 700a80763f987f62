// A weight matrix in training: full-precision values that are moved, ternary ones that are multiplied.
using System.Numerics.Tensors;
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

    public TernaryTrainable(
        string name, float[] start, int rows, int columns, TernaryScaling scaling, int digits, ScalarType leafType, Device device)
        : base(name, start, [rows, columns], leafType, device)
    {
        (_columns, _scaling, _digits) = (columns, scaling, digits);
        _leafHoldsCodes = leafType != ScalarType.Float32;
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

    public override Tensor? TakeGradient()
    {
        Tensor? gradient = base.TakeGradient();
        if (gradient is null || !_leafHoldsCodes || LeafTakesValueGradient)
            return gradient;
        using var guard = no_grad();
        using Tensor scales = tensor(RowScales, [RowScales.Length, 1]).AtLeast(1e-12);
        return gradient.div_(scales);
    }

    public override void Dispose()
    {
        ScaleTensor.Dispose();
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
        if (!_leafHoldsCodes)
        {
            for (int row = 0; row < RowScales.Length; row++)
                TensorPrimitives.Multiply(leaf.Slice(row * _columns, _columns), RowScales[row], leaf.Slice(row * _columns, _columns));
            return;
        }
        using var guard = no_grad();
        using Tensor scales = tensor(RowScales, [RowScales.Length]);
        ScaleTensor.copy_(scales);
    }

    private void Round(Span<float> codes)
    {
        if (!_scaling.IsPerRow)
        {
            RowScales.AsSpan().Fill(TernaryRounding.Round(Values, _scaling, _digits, codes));
            return;
        }
        for (int row = 0; row < RowScales.Length; row++)
            RowScales[row] = TernaryRounding.Round(Values.AsSpan(row * _columns, _columns), _scaling, _digits, codes.Slice(row * _columns, _columns));
    }
}

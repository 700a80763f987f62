// A weight matrix in training: full-precision values that are moved, ternary ones that are multiplied.
using System.Numerics;
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
    private readonly bool _leafHoldsCodes;

    public TernaryTrainable(string name, float[] start, int rows, int columns, TernaryScaling scaling, ScalarType leafType, Device device)
        : base(name, start, [rows, columns], leafType, device)
    {
        (_columns, _scaling) = (columns, scaling);
        _leafHoldsCodes = leafType != ScalarType.Float32;
        RowScales = new float[rows];
        ScaleTensor = ones(rows, ScalarType.Float32, device).DetachFromDisposeScope();
        Publish();
    }

    /// <summary>The scale of every row, also where all rows share one.</summary>
    public float[] RowScales { get; }

    /// <summary>The same on the device, where the leaf holds codes.</summary>
    public Tensor ScaleTensor { get; }

    public override Tensor? TakeGradient()
    {
        Tensor? gradient = base.TakeGradient();
        if (gradient is null || !_leafHoldsCodes)
            return gradient;
        using var guard = no_grad();
        using Tensor scales = tensor(RowScales, [RowScales.Length, 1]).clamp_min_(1e-12f);
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
        var codes = new sbyte[Values.Length];
        var row = new float[_columns];
        float matrixScale = MatrixScale();
        for (int i = 0; i < RowScales.Length; i++)
        {
            WriteRow(i, matrixScale, codesOnly: true, row);
            for (int j = 0; j < row.Length; j++)
                codes[i * _columns + j] = (sbyte)row[j];
        }
        ReadOnlySpan<float> scales = _scaling.IsPerRow ? RowScales : RowScales.AsSpan(0, 1);
        return TernaryMatrix.FromCodes(codes, RowScales.Length, _columns, scales);
    }

    protected override void WriteLeaf(Span<float> leaf)
    {
        float matrixScale = MatrixScale();
        for (int row = 0; row < RowScales.Length; row++)
            WriteRow(row, matrixScale, _leafHoldsCodes, leaf.Slice(row * _columns, _columns));
        if (!_leafHoldsCodes)
            return;
        using var guard = no_grad();
        using Tensor scales = tensor(RowScales, [RowScales.Length]);
        ScaleTensor.copy_(scales);
    }

    private float MatrixScale() =>
        _scaling.IsPerRow ? 0 : _scaling.Threshold * TensorPrimitives.SumOfMagnitudes<float>(Values) / Values.Length;

    private void WriteRow(int row, float matrixScale, bool codesOnly, Span<float> leaf)
    {
        ReadOnlySpan<float> weights = Values.AsSpan(row * _columns, _columns);
        float threshold = matrixScale / 2;
        float scale = matrixScale;
        if (_scaling.IsPerRow)
        {
            threshold = _scaling.Threshold * TensorPrimitives.SumOfMagnitudes(weights) / _columns;
            scale = MeanMagnitudeAbove(weights, threshold);
        }
        RowScales[row] = scale;
        WriteCodes(weights, threshold, codesOnly ? 1 : scale, leaf);
    }

    private static float MeanMagnitudeAbove(ReadOnlySpan<float> weights, float threshold)
    {
        var limit = new Vector<float>(threshold);
        Vector<float> sums = Vector<float>.Zero, counts = Vector<float>.Zero;
        int i = 0;
        for (; i <= weights.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> magnitude = Vector.Abs(new Vector<float>(weights[i..]));
            var kept = Vector.GreaterThan(magnitude, limit);
            sums += Vector.ConditionalSelect(kept, magnitude, Vector<float>.Zero);
            counts += Vector.ConditionalSelect(kept, Vector<float>.One, Vector<float>.Zero);
        }
        float sum = Vector.Sum(sums), count = Vector.Sum(counts);
        for (; i < weights.Length; i++)
        {
            if (MathF.Abs(weights[i]) > threshold)
                (sum, count) = (sum + MathF.Abs(weights[i]), count + 1);
        }
        return count > 0 ? sum / count : 0;
    }

    // value if w > threshold, -value if w < -threshold, else 0. |w| = threshold rounds to the even code, 0.
    private static void WriteCodes(ReadOnlySpan<float> weights, float threshold, float value, Span<float> leaf)
    {
        var limit = new Vector<float>(threshold);
        var plus = new Vector<float>(value);
        int i = 0;
        for (; i <= weights.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var w = new Vector<float>(weights[i..]);
            Vector<float> positive = Vector.ConditionalSelect(Vector.GreaterThan(w, limit), plus, Vector<float>.Zero);
            Vector.ConditionalSelect(Vector.LessThan(w, -limit), -plus, positive).CopyTo(leaf[i..]);
        }
        for (; i < weights.Length; i++)
            leaf[i] = weights[i] > threshold ? value : weights[i] < -threshold ? -value : 0;
    }
}

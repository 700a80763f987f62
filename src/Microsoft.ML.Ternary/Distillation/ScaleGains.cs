// Trained factors on the scales of a ternary matrix. A factor moves by a share of its scale a step, however small weights are, and begins
// where a matrix without one is.
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>One factor for each scale. It has no leaf of its own to look at: its matrix computes its gradient and moves it, because
/// what libtorch sees of the matrix needs both.</summary>
internal sealed class ScaleGains(string name, int scales, TernaryTrainable matrix)
    : Trainable(name, [.. Enumerable.Repeat(1f, scales)], [scales], ScalarType.Float32, CPU)
{
    private float[] _gradient = [];
    private bool _pending;

    /// <summary>Receives the gradient that belongs to the matrix's latest one.</summary>
    public void SetGradient(float[] gradient) => (_gradient, _pending) = (gradient, true);

    /// <summary>The gradient that the matrix found, which must be asked for its own first.</summary>
    public override Tensor? TakeGradient()
    {
        if (!_pending)
            return null;
        _pending = false;
        return tensor(_gradient);
    }

    /// <summary>Nothing: the matrix calls <see cref="Move"/>. Both are updated side by side, and only one may write the leaf.</summary>
    public override void Update(ReadOnlySpan<float> gradient, in AdamStep step)
    {
    }

    /// <summary>One step along the latest gradient.</summary>
    public void Move(in AdamStep step) => step.Apply(Values, FirstMoment, SecondMoment, _gradient);

    public override void Publish() => matrix.Publish();
}

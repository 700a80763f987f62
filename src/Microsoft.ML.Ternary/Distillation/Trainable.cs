// What the optimiser moves. Values and Adam's moments are arrays of ours, so that one pass over memory updates, ternarises and
// publishes; libtorch sees a leaf tensor that holds what the forward pass multiplies.
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>A trained array with Adam's moments and its leaf in the autograd graph.</summary>
internal class Trainable : IDisposable
{
    private readonly float[]? _staging;

    /// <param name="name">The name in checkpoints.</param>
    /// <param name="start">Its first values, copied.</param>
    /// <param name="shape">The leaf's shape.</param>
    /// <param name="leafType">The leaf's type.</param>
    /// <param name="device">The leaf's device.</param>
    public Trainable(string name, float[] start, long[] shape, ScalarType leafType, Device device)
    {
        Name = name;
        Values = (float[])start.Clone();
        FirstMoment = new float[start.Length];
        SecondMoment = new float[start.Length];
        Leaf = zeros(shape, leafType, device, requires_grad: true).DetachFromDisposeScope();
        bool writeInPlace = device.type == DeviceType.CPU && leafType == ScalarType.Float32;
        _staging = writeInPlace ? null : new float[start.Length];
    }

    public string Name { get; }

    public float[] Values { get; }

    public float[] FirstMoment { get; }

    public float[] SecondMoment { get; }

    public Tensor Leaf { get; }

    /// <summary>The gradient of <see cref="Values"/> in float32 on the processor, which is then forgotten; null where there is none.</summary>
    public virtual Tensor? TakeGradient()
    {
        Tensor? gradient = Leaf.grad;
        if (gradient is null)
            return null;
        Leaf.grad = null;
        // Each conversion may be the same tensor behind another handle; whoever keeps one keeps its memory.
        using Tensor single = gradient.to(ScalarType.Float32);
        using Tensor onProcessor = single.cpu();
        gradient.Dispose();
        return onProcessor.contiguous();
    }

    /// <summary>Drops the gradient without asking for memory.</summary>
    public virtual void ForgetGradient()
    {
        if (Leaf.grad is not Tensor gradient)
            return;
        Leaf.grad = null;
        gradient.Dispose();
    }

    /// <summary>One step of Adam along <paramref name="gradient"/>.</summary>
    public virtual void Update(ReadOnlySpan<float> gradient, in AdamStep step)
    {
        step.Apply(Values, FirstMoment, SecondMoment, gradient);
        Publish();
    }

    /// <summary>Shows the present values to libtorch.</summary>
    public virtual void Publish()
    {
        if (_staging is null)
        {
            WriteLeaf(MemoryMarshal.Cast<byte, float>(Leaf.bytes));
            return;
        }
        WriteLeaf(_staging);
        using var guard = no_grad();
        using Tensor staged = tensor(_staging, Leaf.shape);
        Leaf.copy_(staged);
    }

    public virtual void Dispose() => Leaf.Dispose();

    /// <summary>Writes what the forward pass multiplies.</summary>
    protected virtual void WriteLeaf(Span<float> leaf) => Values.CopyTo(leaf);
}

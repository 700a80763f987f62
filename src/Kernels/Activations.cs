// The non-linear functions between and after linear layers, over whole buffers in place.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Activation functions applied to every value in place. NaN stays NaN.</summary>
public static class Activations
{
    /// <summary>max(0, x).</summary>
    public static void Relu(Span<float> values) => Elementwise.Apply<ReluFunction>(values);

    /// <summary>x Φ(x) = x / 2 (1 + erf(x / √2)), to 1e-6 of max(1, |x|).</summary>
    public static void Gelu(Span<float> values) => Elementwise.Apply<GeluFunction>(values);

    /// <summary>x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))), to 1e-6 of max(1, |x|).</summary>
    public static void GeluTanh(Span<float> values) => Elementwise.Apply<GeluTanhFunction>(values);

    /// <summary>Hyperbolic tangent.</summary>
    public static void Tanh(Span<float> values)
    {
        foreach (ref float value in values)
            value = MathF.Tanh(value);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    public static void Sigmoid(Span<float> values)
    {
        foreach (ref float value in values)
            value = 1 / (1 + MathF.Exp(-value));
    }
}

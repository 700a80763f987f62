// The non-linear functions between and after linear layers, over whole buffers in place.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A function applied to every value. NaN stays NaN.</summary>
public enum ActivationFunction
{
    /// <summary>x.</summary>
    Identity,

    /// <summary>x Φ(x) = x / 2 (1 + erf(x / √2)), to 1e-6 of max(1, |x|).</summary>
    Gelu,

    /// <summary>x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))), to 1e-6 of max(1, |x|).</summary>
    GeluTanh,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,

    /// <summary>x / (1 + e^(-1.702 x)), to 1e-6 of max(1, |x|).</summary>
    QuickGelu,
}

/// <summary>Activation functions applied to every value in place.</summary>
public static unsafe class Activations
{
    /// <summary>Replaces every value by the function's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such function.</exception>
    public static void Apply(ActivationFunction function, Span<float> values)
    {
        fixed (float* pointer = values)
            Apply(function, pointer, values.Length);
    }

    internal static void Apply(ActivationFunction function, float* values, int count)
    {
        switch (function)
        {
            case ActivationFunction.Identity:
                break;
            case ActivationFunction.Gelu:
                Elementwise.Apply<GeluFunction>(values, count);
                break;
            case ActivationFunction.GeluTanh:
                Elementwise.Apply<GeluTanhFunction>(values, count);
                break;
            case ActivationFunction.QuickGelu:
                Elementwise.Apply<QuickGeluFunction>(values, count);
                break;
            case ActivationFunction.Relu:
                Elementwise.Apply<ReluFunction>(values, count);
                break;
            case ActivationFunction.Tanh:
                for (int i = 0; i < count; i++)
                    values[i] = MathF.Tanh(values[i]);
                break;
            case ActivationFunction.Sigmoid:
                for (int i = 0; i < count; i++)
                    values[i] = 1 / (1 + MathF.Exp(-values[i]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(function), function, "There is no such activation function.");
        }
    }
}

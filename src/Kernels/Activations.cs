// The non-linear functions between and after linear layers, over whole buffers in place.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Activation functions applied to every value in place.</summary>
public static class Activations
{
    /// <summary>max(0, x).</summary>
    public static void Relu(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = MathF.Max(0, values[i]);
    }

    /// <summary>x Φ(x) = x / 2 (1 + erf(x / √2)).</summary>
    public static void Gelu(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(0.5 * values[i] * (1 + Erf(values[i] * Math.Sqrt(0.5))));
    }

    /// <summary>x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    public static void GeluTanh(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double x = values[i];
            values[i] = (float)(0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
        }
    }

    /// <summary>Hyperbolic tangent.</summary>
    public static void Tanh(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = MathF.Tanh(values[i]);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    public static void Sigmoid(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = 1 / (1 + MathF.Exp(-values[i]));
    }

    // Maclaurin series near zero, continued fraction of erfc in the tails; both converge to double precision.
    internal static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        if (magnitude > 6)
            return Math.Sign(x);
        if (magnitude < 2.5)
        {
            double term = x, sum = x;
            for (int n = 1; n < 80 && Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return 2 / Math.Sqrt(Math.PI) * sum;
        }
        double fraction = 0;
        for (int n = 60; n > 0; n--)
            fraction = n / 2.0 / (magnitude + fraction);
        return Math.Sign(x) * (1 - Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (magnitude + fraction));
    }
}

// The non-linear functions of an encoder from additions, multiplications and bits alone, because that is what every device
// computes alike; the same approximations as on the CPU (Cpu/ElementwiseFunctions.cs).
using System.Runtime.CompilerServices;
using ILGPU;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>What follows a linear layer in the same kernel.</summary>
public enum GpuActivation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x Φ(x).</summary>
    Gelu,

    /// <summary>x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    GeluTanh,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,
}

internal static class GpuFunctions
{
    private const float SmallestExponent = -87.33654f;
    private const float LargestExponent = 88.37626f;
    private const float Rounder = 12582912f;
    private const int RounderBits = 0x4B400000;
    private const float ErfLimit = 4;

    /// <summary>Rounds to the nearest integer, halves to even; |x| below 2^22.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Round(float x) => (int)Interop.FloatAsInt(x + Rounder) - RounderBits;

    // Comparisons instead of Min and Max, which on some devices drop NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float x)
    {
        x = x < SmallestExponent ? SmallestExponent : x;
        x = x > LargestExponent ? LargestExponent : x;
        int n = Round(x * 1.44269504f);
        float r = x - n * 0.693359375f + n * 2.12194440e-4f;
        float p = 1.9875691500e-4f;
        p = p * r + 1.3981999507e-3f;
        p = p * r + 8.3334519073e-3f;
        p = p * r + 4.1665795894e-2f;
        p = p * r + 1.6666665459e-1f;
        p = p * r + 5.0000001201e-1f;
        p = p * (r * r) + r + 1;
        return p * Interop.IntAsFloat((uint)(n + 127 << 23));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Activate(int activation, float x)
    {
        if (activation == (int)GpuActivation.Gelu)
            return 0.5f * x * (1 + Erf(x * 0.70710678f));
        if (activation == (int)GpuActivation.GeluTanh)
            return x / (1 + Exp(-1.5957691f * (x + 0.044715f * x * x * x)));
        if (activation == (int)GpuActivation.Relu)
            return x < 0 ? 0 : x;
        if (activation == (int)GpuActivation.Tanh)
            return 1 - 2 / (1 + Exp(2 * x));
        if (activation == (int)GpuActivation.Sigmoid)
            return 1 / (1 + Exp(-x));
        return x;
    }

    // A rational approximation, odd over even, minimax on [-4, 4] (the one of Eigen and TensorFlow).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Erf(float x)
    {
        float y = x * x;
        float p = -2.72614225801306e-10f;
        p = p * y + 2.77068142495902e-08f;
        p = p * y + -2.10102402082508e-06f;
        p = p * y + -5.69250639462346e-05f;
        p = p * y + -7.34990630326855e-04f;
        p = p * y + -2.95459980854025e-03f;
        p = p * y + -1.60960333262415e-02f;
        float q = -1.45660718464996e-05f;
        q = q * y + -2.13374055278905e-04f;
        q = q * y + -1.68282697438203e-03f;
        q = q * y + -7.37332916720468e-03f;
        q = q * y + -1.42647390514189e-02f;
        float erf = x * p / q;
        erf = x >= ErfLimit ? 1 : erf;
        return x <= -ErfLimit ? -1 : erf;
    }
}

// The functions that encoders apply to every value, each in a vectorised form and in plain C#.
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal readonly struct ReluFunction : IElementwiseFunction
{
    public static float Invoke(float x) => MathF.Max(0, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Invoke(Vector<float> x) => Vector.MaxNative(Vector<float>.Zero, x);
}

/// <summary>e^x with a relative error below 2e-7; results below 1.2e-38 are given as that, results above 2.4e38 likewise.</summary>
internal readonly struct ExpFunction : IElementwiseFunction
{
    private const float Smallest = -87.33654f;
    private const float Largest = 88.37626f;

    // Adding 1.5 x 2^23 rounds to an integer and leaves it in the low bits.
    private const float Rounder = 12582912f;

    // ln 2 in two parts, the first exact in few bits, so that n ln 2 loses nothing (Cephes, expf).
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    private const int ExponentShift = 23;
    private const int ExponentBias = 127;

    public static float Invoke(float x) => MathF.Exp(Math.Clamp(x, Smallest, Largest));

    // e^x = 2^n e^r with |r| <= ln 2 / 2; e^r = 1 + r + r² p(r), p from Cephes' expf.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Invoke(Vector<float> x)
    {
        // In this order of operands the processor's own minimum and maximum, an instruction each, keep NaN.
        x = Vector.MinNative(new Vector<float>(Largest), Vector.MaxNative(new Vector<float>(Smallest), x));
        Vector<float> shifted = Vector.MultiplyAddEstimate(x, new Vector<float>(1.44269504f), new Vector<float>(Rounder));
        Vector<float> n = shifted - new Vector<float>(Rounder);
        Vector<float> r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2High), x);
        r = Vector.MultiplyAddEstimate(n, new Vector<float>(-Ln2Low), r);
        var p = new Vector<float>(1.9875691500e-4f);
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(1.3981999507e-3f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(8.3334519073e-3f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(4.1665795894e-2f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(1.6666665459e-1f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(5.0000001201e-1f));
        p = Vector.MultiplyAddEstimate(p, r * r, r) + Vector<float>.One;
        Vector<int> exponent = Vector.AsVectorInt32(shifted) - new Vector<int>(BitConverter.SingleToInt32Bits(Rounder) - ExponentBias);
        return p * Vector.AsVectorSingle(Vector.ShiftLeft(exponent, ExponentShift));
    }
}

/// <summary>x Φ(x) = x / 2 (1 + erf(x / √2)), to an absolute error of 1e-6 of max(1, |x|).</summary>
internal readonly struct GeluFunction : IElementwiseFunction
{
    private const float SqrtHalf = 0.70710678f;

    // From here on erf is ±1 in float32.
    private const float ErfLimit = 4;

    public static float Invoke(float x) => (float)(0.5 * x * (1 + ErrorFunction.Erf(x * Math.Sqrt(0.5))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Invoke(Vector<float> x)
    {
        Vector<float> half = x * 0.5f;
        return Vector.MultiplyAddEstimate(half, Erf(x * SqrtHalf), half);
    }

    // A rational approximation, odd over even, minimax on [-4, 4] (the one of Eigen and TensorFlow).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Erf(Vector<float> x)
    {
        Vector<float> y = x * x;
        var p = new Vector<float>(-2.72614225801306e-10f);
        p = Vector.MultiplyAddEstimate(p, y, new Vector<float>(2.77068142495902e-08f));
        p = Vector.MultiplyAddEstimate(p, y, new Vector<float>(-2.10102402082508e-06f));
        p = Vector.MultiplyAddEstimate(p, y, new Vector<float>(-5.69250639462346e-05f));
        p = Vector.MultiplyAddEstimate(p, y, new Vector<float>(-7.34990630326855e-04f));
        p = Vector.MultiplyAddEstimate(p, y, new Vector<float>(-2.95459980854025e-03f));
        p = Vector.MultiplyAddEstimate(p, y, new Vector<float>(-1.60960333262415e-02f));
        var q = new Vector<float>(-1.45660718464996e-05f);
        q = Vector.MultiplyAddEstimate(q, y, new Vector<float>(-2.13374055278905e-04f));
        q = Vector.MultiplyAddEstimate(q, y, new Vector<float>(-1.68282697438203e-03f));
        q = Vector.MultiplyAddEstimate(q, y, new Vector<float>(-7.37332916720468e-03f));
        q = Vector.MultiplyAddEstimate(q, y, new Vector<float>(-1.42647390514189e-02f));
        Vector<float> sign = Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -Vector<float>.One, Vector<float>.One);
        Vector<int> isLarge = Vector.GreaterThanOrEqual(Vector.Abs(x), new Vector<float>(ErfLimit));
        return Vector.ConditionalSelect(isLarge, sign, x * p / q);
    }
}

/// <summary>x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))) = x / (1 + e^(-2 √(2/π) (x + 0.044715 x³))).</summary>
internal readonly struct GeluTanhFunction : IElementwiseFunction
{
    private const double SqrtTwoOverPi = 0.7978845608028654;
    private const double Cubic = 0.044715;

    public static float Invoke(float x) => (float)(0.5 * x * (1 + Math.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Invoke(Vector<float> x)
    {
        Vector<float> factor = Vector.MultiplyAddEstimate(
            x * x, new Vector<float>((float)(-2 * SqrtTwoOverPi * Cubic)), new Vector<float>((float)(-2 * SqrtTwoOverPi)));
        return x / (Vector<float>.One + ExpFunction.Invoke(x * factor));
    }
}

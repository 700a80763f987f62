// The functions that encoders apply to every value, each in a vectorised form and in plain C#.
using System.Runtime.CompilerServices;
using Microsoft.ML.Ternary.Kernels.Cpu.Simd;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal readonly struct ReluFunction : IElementwiseFunction
{
    public static float Invoke(float x) => MathF.Max(0, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector> => TVector.Max(TVector.Create(0), x);
}

/// <summary>e^x with a relative error below 2e-7; results below 1.2e-38 are given as that, results above 2.4e38 likewise.</summary>
internal readonly struct ExpFunction : IElementwiseFunction
{
    private const float Smallest = -87.33654f;
    private const float Largest = 88.37626f;

    // ln 2 in two parts, the first exact in few bits, so that n ln 2 loses nothing (Cephes, expf).
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    public static float Invoke(float x) => MathF.Exp(Math.Clamp(x, Smallest, Largest));

    // e^x = 2^n e^r with |r| <= ln 2 / 2; e^r = 1 + r + r² p(r), p from Cephes' expf.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector>
    {
        // In this order of operands the processor's own minimum and maximum, an instruction each, keep NaN.
        x = TVector.Min(TVector.Create(Largest), TVector.Max(TVector.Create(Smallest), x));
        TVector shifted = TVector.MultiplyAdd(x, TVector.Create(1.44269504f), TVector.Create(SimdConstants.Rounder));
        TVector n = shifted - TVector.Create(SimdConstants.Rounder);
        TVector r = TVector.MultiplyAdd(n, TVector.Create(-Ln2High), x);
        r = TVector.MultiplyAdd(n, TVector.Create(-Ln2Low), r);
        TVector p = TVector.MultiplyAdd(TVector.Create(1.9875691500e-4f), r, TVector.Create(1.3981999507e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(8.3334519073e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(4.1665795894e-2f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(1.6666665459e-1f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(5.0000001201e-1f));
        p = TVector.MultiplyAdd(p, r * r, r) + TVector.Create(1);
        return TVector.ScaleByPowerOfTwo(p, n);
    }
}

/// <summary>2^x with a relative error below 2e-7 for x up to 127; below -126 results are at most 1.2e-38.</summary>
internal readonly struct Exp2Function : IElementwiseFunction
{
    // From here on the result is zero for every practical purpose.
    private const float Smallest = -200;

    public static float Invoke(float x) => float.Exp2(x);

    // 2^x = 2^n 2^r with |r| <= 1/2; the polynomial is minimax in relative error (2e-9) among those that are 1 at 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector>
    {
        x = TVector.Max(TVector.Create(Smallest), x);
        TVector n = x + TVector.Create(SimdConstants.Rounder) - TVector.Create(SimdConstants.Rounder);
        TVector r = x - n;
        TVector p = TVector.MultiplyAdd(TVector.Create(1.535337504e-4f), r, TVector.Create(1.339887908e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(9.618437351e-3f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(5.550332460e-2f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(2.402264791e-1f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(6.931472029e-1f));
        p = TVector.MultiplyAdd(p, r, TVector.Create(1));
        return TVector.ScaleByPowerOfTwo(p, n);
    }
}

/// <summary>x Φ(x) = x / 2 (1 + erf(x / √2)), to an absolute error of 1e-6 of max(1, |x|).</summary>
internal readonly struct GeluFunction : IElementwiseFunction
{
    private const float SqrtHalf = 0.70710678f;

    // From here on erf is ±1 in float32, and so is the approximation.
    private const float ErfLimit = 4;

    public static float Invoke(float x) => (float)(0.5 * x * (1 + ErrorFunction.Erf(x * Math.Sqrt(0.5))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector>
    {
        TVector half = x * TVector.Create(0.5f);
        return TVector.MultiplyAdd(half, Erf(x * TVector.Create(SqrtHalf)), half);
    }

    // A rational approximation, odd over even, minimax on [-4, 4] (the one of Eigen and TensorFlow); it takes the value at the
    // limit beyond it. The order of the operands keeps NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Erf<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector>
    {
        x = TVector.Min(TVector.Create(ErfLimit), TVector.Max(TVector.Create(-ErfLimit), x));
        TVector y = x * x;
        TVector p = TVector.MultiplyAdd(TVector.Create(-2.72614225801306e-10f), y, TVector.Create(2.77068142495902e-08f));
        p = TVector.MultiplyAdd(p, y, TVector.Create(-2.10102402082508e-06f));
        p = TVector.MultiplyAdd(p, y, TVector.Create(-5.69250639462346e-05f));
        p = TVector.MultiplyAdd(p, y, TVector.Create(-7.34990630326855e-04f));
        p = TVector.MultiplyAdd(p, y, TVector.Create(-2.95459980854025e-03f));
        p = TVector.MultiplyAdd(p, y, TVector.Create(-1.60960333262415e-02f));
        TVector q = TVector.MultiplyAdd(TVector.Create(-1.45660718464996e-05f), y, TVector.Create(-2.13374055278905e-04f));
        q = TVector.MultiplyAdd(q, y, TVector.Create(-1.68282697438203e-03f));
        q = TVector.MultiplyAdd(q, y, TVector.Create(-7.37332916720468e-03f));
        q = TVector.MultiplyAdd(q, y, TVector.Create(-1.42647390514189e-02f));
        return x * p / q;
    }
}

/// <summary>x / 2 (1 + tanh(√(2/π) (x + 0.044715 x³))) = x / (1 + e^(-2 √(2/π) (x + 0.044715 x³))).</summary>
internal readonly struct GeluTanhFunction : IElementwiseFunction
{
    private const double SqrtTwoOverPi = 0.7978845608028654;
    private const double Cubic = 0.044715;

    public static float Invoke(float x) => (float)(0.5 * x * (1 + Math.Tanh(SqrtTwoOverPi * (x + Cubic * x * x * x))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector>
    {
        TVector factor = TVector.MultiplyAdd(
            x * x, TVector.Create((float)(-2 * SqrtTwoOverPi * Cubic)), TVector.Create((float)(-2 * SqrtTwoOverPi)));
        return x / (TVector.Create(1) + ExpFunction.Invoke(x * factor));
    }
}

/// <summary>x / (1 + e^(-1.702 x)).</summary>
internal readonly struct QuickGeluFunction : IElementwiseFunction
{
    private const double Slope = 1.702;

    public static float Invoke(float x) => (float)(x / (1 + Math.Exp(-Slope * x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector> =>
        x / (TVector.Create(1) + ExpFunction.Invoke(x * TVector.Create((float)-Slope)));
}

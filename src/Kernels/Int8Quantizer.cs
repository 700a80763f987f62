// Activations enter the ternary kernels as int8. The scale is the token's own, so that one loud token does not cost its
// neighbours their precision.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Ternary.Kernels.Cpu.Simd;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Symmetric int8 quantisation: value ≈ code x scale, codes -127 to 127.</summary>
public static unsafe class Int8Quantizer
{
    /// <summary>The largest code.</summary>
    public const int LargestCode = 127;

    // Below this the quotient 127 / max would overflow; such a row is zero for every practical purpose.
    private const float SmallestMagnitude = 1e-35f;

    /// <summary>Quantises a vector with scale = max|x| / 127, rounding halves to even.</summary>
    /// <param name="values">The vector.</param>
    /// <param name="codes">Receives as many codes as there are values.</param>
    /// <returns>The scale. It is 0, with codes 0, for a vector of zeros, and NaN, with codes 0, where a value is not finite, so
    /// that the fault shows in whatever is computed from it.</returns>
    /// <exception cref="ArgumentException"><paramref name="codes"/> is shorter than <paramref name="values"/>.</exception>
    public static float Quantize(ReadOnlySpan<float> values, Span<sbyte> codes)
    {
        if (codes.Length < values.Length)
            throw new ArgumentException($"{values.Length} codes are expected; the destination holds {codes.Length}.", nameof(codes));
        fixed (float* source = values)
        fixed (sbyte* destination = codes)
            return Quantize(source, values.Length, destination, out _);
    }

    /// <summary>Quantises a vector and adds up its codes.</summary>
    internal static float Quantize(float* values, int count, sbyte* codes, out int sum)
    {
        float max =
            Vector512.IsHardwareAccelerated ? LargestMagnitude<Simd512>(values, count)
            : Vector256.IsHardwareAccelerated ? LargestMagnitude<Simd256>(values, count)
            : Vector128.IsHardwareAccelerated ? LargestMagnitude<Simd128>(values, count)
            : LargestMagnitudeScalar(values, count, 0);
        return Quantize(values, count, max, codes, out sum);
    }

    /// <summary>Quantises a vector whose largest |x| is known, NaN where it holds one, and adds up its codes.</summary>
    internal static float Quantize(float* values, int count, float max, sbyte* codes, out int sum)
    {
        if (!(max >= SmallestMagnitude && float.IsFinite(max)))
        {
            new Span<sbyte>(codes, count).Clear();
            sum = 0;
            return float.IsFinite(max) ? 0 : float.NaN;
        }
        sum = Round(values, count, LargestCode / max, codes);
        return max / LargestCode;
    }

    private static int Round(float* values, int count, float factor, sbyte* codes) =>
        Vector512.IsHardwareAccelerated ? Round<Simd512>(values, count, factor, codes)
        : Vector256.IsHardwareAccelerated ? Round<Simd256>(values, count, factor, codes)
        : Vector128.IsHardwareAccelerated ? Round<Simd128>(values, count, factor, codes)
        : RoundScalar(values, count, factor, codes);

    /// <summary>The largest |x|; NaN where a value is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestMagnitude<TVector>(float* values, int count) where TVector : struct, ISimdFloat<TVector>
    {
        TVector even = TVector.Create(0), odd = TVector.Create(0);
        int i = 0;
        for (; i <= count - 2 * TVector.Count; i += 2 * TVector.Count)
        {
            even = TVector.MaxMagnitude(even, TVector.Load(values + i));
            odd = TVector.MaxMagnitude(odd, TVector.Load(values + i + TVector.Count));
        }
        return LargestMagnitudeScalar(values + i, count - i, TVector.LargestBits(TVector.MaxMagnitude(even, odd)));
    }

    private static float LargestMagnitudeScalar(float* values, int count, float max)
    {
        int largest = BitConverter.SingleToInt32Bits(max);
        for (int i = 0; i < count; i++)
            largest = Math.Max(largest, BitConverter.SingleToInt32Bits(values[i]) & int.MaxValue);
        return BitConverter.Int32BitsToSingle(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Round<TVector>(float* values, int count, float factor, sbyte* codes) where TVector : struct, ISimdFloat<TVector>
    {
        TVector sums = TVector.Create(0), factors = TVector.Create(factor);
        int i = 0;
        for (; i <= count - TVector.Count; i += TVector.Count)
            TVector.StoreRounded(TVector.Load(values + i) * factors, codes + i, ref sums);
        return TVector.SumOfIntegers(sums) + RoundScalar(values + i, count - i, factor, codes + i);
    }

    private static int RoundScalar(float* values, int count, float factor, sbyte* codes)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            codes[i] = (sbyte)MathF.Round(values[i] * factor);
            sum += codes[i];
        }
        return sum;
    }
}

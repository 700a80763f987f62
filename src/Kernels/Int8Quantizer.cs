// Activations enter the ternary kernels as int8. The scale is the token's own, so that one loud token does not cost its
// neighbours their precision.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Symmetric int8 quantisation: value ≈ code x scale, codes -127 to 127.</summary>
public static class Int8Quantizer
{
    /// <summary>The largest code.</summary>
    public const int LargestCode = 127;

    // Below this the quotient 127 / max would overflow; such a row is zero for every practical purpose.
    private const float SmallestMagnitude = 1e-35f;

    // Adding 1.5 x 2^23 leaves a float no bits for a fraction: the processor rounds to the nearest integer, halves to even, and
    // the integer is in the low bits.
    private const float Rounder = 12582912f;

    /// <summary>Quantises a vector with scale = max|x| / 127, rounding halves to even.</summary>
    /// <param name="values">The vector.</param>
    /// <param name="codes">Receives as many codes as there are values.</param>
    /// <returns>The scale. It is 0, with codes 0, for a vector of zeros, and NaN, with codes 0, where a value is not finite, so
    /// that the fault shows in whatever is computed from it.</returns>
    /// <exception cref="ArgumentException"><paramref name="codes"/> is shorter than <paramref name="values"/>.</exception>
    public static float Quantize(ReadOnlySpan<float> values, Span<sbyte> codes) => Quantize(values, codes, out _);

    /// <summary>Quantises a vector and adds up its codes.</summary>
    internal static float Quantize(ReadOnlySpan<float> values, Span<sbyte> codes, out int sum)
    {
        if (codes.Length < values.Length)
            throw new ArgumentException($"{values.Length} codes are expected; the destination holds {codes.Length}.", nameof(codes));
        codes = codes[..values.Length];
        float max = LargestMagnitude(values);
        if (!(max >= SmallestMagnitude && float.IsFinite(max)))
        {
            codes.Clear();
            sum = 0;
            return float.IsFinite(max) ? 0 : float.NaN;
        }
        sum = Round(values, LargestCode / max, codes);
        return max / LargestCode;
    }

    /// <summary>The largest |x|; NaN where a value is NaN.</summary>
    /// <remarks>Without their sign bits, floats compare as integers, infinity above all numbers and NaN above infinity, in one
    /// instruction.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float LargestMagnitude(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<int>> vectors = MemoryMarshal.Cast<float, Vector<int>>(values);
        Vector<int> largest = Vector<int>.Zero;
        foreach (Vector<int> vector in vectors)
            largest = Vector.Max(largest, vector & new Vector<int>(int.MaxValue));
        int max = 0;
        for (int i = 0; i < Vector<int>.Count; i++)
            max = Math.Max(max, largest[i]);
        foreach (float value in values[(vectors.Length * Vector<int>.Count)..])
            max = Math.Max(max, BitConverter.SingleToInt32Bits(value) & int.MaxValue);
        return BitConverter.Int32BitsToSingle(max);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Round(ReadOnlySpan<float> values, float factor, Span<sbyte> codes)
    {
        int tail = values.Length - values.Length % Vector<sbyte>.Count;
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values[..tail]);
        Span<Vector<sbyte>> packed = MemoryMarshal.Cast<sbyte, Vector<sbyte>>(codes[..tail]);
        Vector<int> sums = Vector<int>.Zero;
        for (int i = 0; i < packed.Length; i++)
        {
            Vector<int> first = Rounded(vectors[4 * i], factor), second = Rounded(vectors[4 * i + 1], factor);
            Vector<int> third = Rounded(vectors[4 * i + 2], factor), fourth = Rounded(vectors[4 * i + 3], factor);
            sums += first + second + (third + fourth);
            packed[i] = Vector.Narrow(Vector.Narrow(first, second), Vector.Narrow(third, fourth));
        }
        int sum = Vector.Sum(sums);
        for (int i = tail; i < values.Length; i++)
        {
            codes[i] = (sbyte)MathF.Round(values[i] * factor);
            sum += codes[i];
        }
        return sum;
    }

    private static Vector<int> Rounded(Vector<float> values, float factor) =>
        Vector.AsVectorInt32(values * factor + new Vector<float>(Rounder)) - new Vector<int>(BitConverter.SingleToInt32Bits(Rounder));
}

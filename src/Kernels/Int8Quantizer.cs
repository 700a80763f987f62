// Activations enter the ternary kernels as int8. The scale is the token's own, so that one loud token does not cost its
// neighbours their precision.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>Symmetric int8 quantisation: value ≈ code x scale, codes -127 to 127.</summary>
public static class Int8Quantizer
{
    // Below this the quotient 127 / max would overflow; such a row is zero for every practical purpose.
    private const float SmallestMagnitude = 1e-35f;

    /// <summary>Quantises a vector with scale = max|x| / 127, rounding halves to even.</summary>
    /// <param name="values">The vector.</param>
    /// <param name="codes">Receives as many codes as there are values.</param>
    /// <returns>The scale. It is 0, with codes 0, for a vector of zeros, and not finite where a value is not finite, so that the
    /// fault shows in whatever is computed from it.</returns>
    /// <exception cref="ArgumentException"><paramref name="codes"/> is shorter than <paramref name="values"/>.</exception>
    public static float Quantize(ReadOnlySpan<float> values, Span<sbyte> codes)
    {
        if (codes.Length < values.Length)
            throw new ArgumentException($"{values.Length} codes are expected; the destination holds {codes.Length}.", nameof(codes));
        float max = 0;
        foreach (float value in values)
            max = MathF.Max(max, MathF.Abs(value));
        if (!(max >= SmallestMagnitude) || !float.IsFinite(max))
        {
            codes[..values.Length].Clear();
            return float.IsFinite(max) ? 0 : float.NaN;
        }
        float inverse = 127 / max;
        for (int i = 0; i < values.Length; i++)
            codes[i] = (sbyte)MathF.Round(values[i] * inverse);
        return max / 127;
    }
}

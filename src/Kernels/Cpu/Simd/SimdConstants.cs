// What the vector widths share of the float32 format.
namespace Microsoft.ML.Ternary.Kernels.Cpu.Simd;

internal static class SimdConstants
{
    /// <summary>1.5 x 2^23: a float of this size has no bits for a fraction, so adding it rounds to the nearest integer, halves to
    /// even, and leaves the integer in the low bits.</summary>
    public const float Rounder = 12582912f;

    public const int RounderBits = 0x4B400000;
    public const int ExponentShift = 23;
    public const int ExponentBias = 127;

    /// <summary>The exponent of the smallest float32 that is not subnormal.</summary>
    public const float SmallestExponent = -126;
}

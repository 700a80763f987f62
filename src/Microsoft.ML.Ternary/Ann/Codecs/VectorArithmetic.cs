// Passes over whole vectors that preparing a query and encoding a vector are made of. Written for registers of one width, without
// fused products, so that every processor gives the same bits.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Arithmetic on float vectors whose length is a multiple of 32, zeros after their last component.</summary>
internal static unsafe class VectorArithmetic
{
    // 1.5 x 2^23: added to a number below 2^22 in magnitude it leaves the number, rounded half to even, in the lowest bits.
    private const float Rounding = 12582912;

    // Below this, 1/x overflows.
    private const float Smallest = 1e-35f;

    /// <summary>x - y into x.</summary>
    public static void Subtract(float* x, float* y, int length)
    {
        for (int i = 0; i < length; i += 8)
            (Vector256.Load(x + i) - Vector256.Load(y + i)).Store(x + i);
    }

    /// <summary>x . y.</summary>
    public static float Product(float* x, float* y, int length)
    {
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (int i = 0; i < length; i += 32)
        {
            sum0 += Vector256.Load(x + i) * Vector256.Load(y + i);
            sum1 += Vector256.Load(x + i + 8) * Vector256.Load(y + i + 8);
            sum2 += Vector256.Load(x + i + 16) * Vector256.Load(y + i + 16);
            sum3 += Vector256.Load(x + i + 24) * Vector256.Load(y + i + 24);
        }
        return Sum(sum0 + sum1 + (sum2 + sum3));
    }

    /// <summary>The sum of the lanes, in one order on every processor.</summary>
    public static float Sum(Vector256<float> x)
    {
        Vector128<float> four = x.GetLower() + x.GetUpper();
        return four[0] + four[1] + (four[2] + four[3]);
    }

    /// <summary>max |x|, or 0 if that is so small that dividing by it would overflow.</summary>
    public static float LargestMagnitude(float* x, int length)
    {
        Vector256<float> largest = default;
        for (int i = 0; i < length; i += 8)
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(x + i)));
        float result = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
            result = Math.Max(result, largest[lane]);
        return result < Smallest ? 0 : result;
    }

    /// <summary>Rounds x to integers of at most 127 in magnitude, each a scale times.</summary>
    /// <param name="x">The vector.</param>
    /// <param name="length">Its length, padding included.</param>
    /// <param name="codes">Receives the integers.</param>
    /// <param name="sum">Their sum.</param>
    /// <returns>The scale: max |x| / 127.</returns>
    public static float RoundToInt8(float* x, int length, sbyte* codes, out int sum)
    {
        float largest = LargestMagnitude(x, length);
        Vector256<float> factor = Vector256.Create(largest == 0 ? 0 : 127 / largest);
        Vector256<int> sums = default;
        for (int i = 0; i < length; i += 32)
        {
            Vector256<int> a = Round(x + i, factor), b = Round(x + i + 8, factor), c = Round(x + i + 16, factor), d = Round(x + i + 24, factor);
            sums += a + b + (c + d);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).Store(codes + i);
        }
        sum = Vector256.Sum(sums);
        return largest / 127;
    }

    private static Vector256<int> Round(float* x, Vector256<float> factor) =>
        (Vector256.Load(x) * factor + Vector256.Create(Rounding)).AsInt32() - Vector256.Create(Rounding).AsInt32();
}

// Sums of byte products in 256-bit registers. Processors with AVX-VNNI multiply four bytes with four, add the products and add to a
// 32-bit lane in one instruction; others add products of pairs to 16-bit lanes, which hold only so many.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

/// <summary>Running sums of eight outputs, four inputs at a time.</summary>
internal interface IByteSums
{
    /// <summary>How many steps of four inputs the sums hold where codes are at most <paramref name="largestByte"/>.</summary>
    static abstract int MaxSteps(int largestByte);

    /// <summary>Adds Σ over j of codes(4 n + j) x(4 n + j), j = 0 to 3, to the sum of output n.</summary>
    static abstract Vector256<int> Add(Vector256<int> sums, Vector256<byte> codes, Vector256<sbyte> x);

    /// <summary>The sums as numbers.</summary>
    static abstract Vector256<int> Total(Vector256<int> sums);
}

/// <summary>vpdpbusd.</summary>
internal readonly struct DotProductSums : IByteSums
{
    public static int MaxSteps(int largestByte) => int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> codes, Vector256<sbyte> x) =>
        AvxVnni.MultiplyWideningAndAdd(sums, codes, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Total(Vector256<int> sums) => sums;
}

/// <summary>vpmaddubsw and vpaddw: two 16-bit lanes an output.</summary>
internal readonly struct PairProductSums : IByteSums
{
    public static int MaxSteps(int largestByte) => short.MaxValue / (2 * Int8Quantizer.LargestCode * largestByte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> codes, Vector256<sbyte> x) =>
        (sums.AsInt16() + Avx2.MultiplyAddAdjacent(codes, x)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Total(Vector256<int> sums) => Avx2.MultiplyAddAdjacent(sums.AsInt16(), Vector256<short>.One);
}

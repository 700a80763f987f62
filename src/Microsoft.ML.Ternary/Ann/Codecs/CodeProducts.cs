// Picks the implementation of the sums that this machine runs fastest; the choice is made when the code is compiled.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>The fastest implementation that this machine has.</summary>
internal static unsafe class CodeProducts
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Int8(sbyte* query, byte* row, int bytes, int sum)
    {
        if (VnniByteProducts.IsSupported)
            return VectorCodeProducts<VnniByteProducts>.Int8(query, row, bytes, sum);
        if (Avx2ByteProducts.IsSupported)
            return VectorCodeProducts<Avx2ByteProducts>.Int8(query, row, bytes, sum);
        return PortableByteProducts.IsSupported
            ? VectorCodeProducts<PortableByteProducts>.Int8(query, row, bytes, sum)
            : ScalarCodeProducts.Int8(query, row, bytes, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Ternary(sbyte* query, byte* row, int bytes, int sum)
    {
        if (VnniByteProducts.IsSupported)
            return VectorCodeProducts<VnniByteProducts>.Ternary(query, row, bytes, sum);
        if (Avx2ByteProducts.IsSupported)
            return VectorCodeProducts<Avx2ByteProducts>.Ternary(query, row, bytes, sum);
        return PortableByteProducts.IsSupported
            ? VectorCodeProducts<PortableByteProducts>.Ternary(query, row, bytes, sum)
            : ScalarCodeProducts.Ternary(query, row, bytes, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Binary(sbyte* query, byte* row, int bytes, int sum)
    {
        if (VnniByteProducts.IsSupported)
            return VectorCodeProducts<VnniByteProducts>.Binary(query, row, bytes, sum);
        if (Avx2ByteProducts.IsSupported)
            return VectorCodeProducts<Avx2ByteProducts>.Binary(query, row, bytes, sum);
        return PortableByteProducts.IsSupported
            ? VectorCodeProducts<PortableByteProducts>.Binary(query, row, bytes, sum)
            : ScalarCodeProducts.Binary(query, row, bytes, sum);
    }
}

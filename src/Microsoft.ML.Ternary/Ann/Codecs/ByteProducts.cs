// The one instruction, or few, that differ between processors in the sums over codes: 32 unsigned bytes times 32 signed ones, added
// up in eight lanes of 32 bits. Which products meet in which lane is each one's own affair.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>Products of unsigned and signed bytes.</summary>
internal unsafe interface IByteProducts
{
    /// <summary>Whether this machine runs it natively.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>What <see cref="AddOffset"/> leaves in each code: 128 if it takes code + 128 as it is, 0 if it takes the 128 off.</summary>
    static abstract int Offset { get; }

    /// <summary>Adds codes times query. Codes are at most 128, the query's components at most 127 in magnitude.</summary>
    static abstract Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, sbyte* query);

    /// <summary>Adds codes times query, where the codes are kept as code + 128.</summary>
    static abstract Vector256<int> AddOffset(Vector256<int> sum, Vector256<byte> codes, sbyte* query);
}

/// <summary>AVX-VNNI: four products and their sum in one instruction.</summary>
internal readonly unsafe struct VnniByteProducts : IByteProducts
{
    public static bool IsSupported => AvxVnni.IsSupported;

    public static int Offset => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, sbyte* query) =>
        AvxVnni.MultiplyWideningAndAdd(sum, codes, Vector256.Load(query));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddOffset(Vector256<int> sum, Vector256<byte> codes, sbyte* query) => Add(sum, codes, query);
}

/// <summary>AVX2: products are added in pairs to 16 bits, which saturate. 2 x 128 x 127 fits; codes + 128 would not, and are multiplied
/// as their magnitudes, with their signs on the query's side.</summary>
internal readonly unsafe struct Avx2ByteProducts : IByteProducts
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Offset => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, sbyte* query) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(codes, Vector256.Load(query)), Vector256.Create((short)1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddOffset(Vector256<int> sum, Vector256<byte> codes, sbyte* query)
    {
        Vector256<sbyte> signed = (codes ^ Vector256.Create((byte)128)).AsSByte();
        Vector256<short> pairs = Avx2.MultiplyAddAdjacent(Avx2.Abs(signed), Avx2.Sign(Vector256.Load(query), signed));
        return sum + Avx2.MultiplyAddAdjacent(pairs, Vector256.Create((short)1));
    }
}

/// <summary>Any vector registers: products in 16 bits, which 255 x 127 fits into.</summary>
internal readonly unsafe struct PortableByteProducts : IByteProducts
{
    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    public static int Offset => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sum, Vector256<byte> codes, sbyte* query)
    {
        Vector256<sbyte> components = Vector256.Load(query);
        Vector256<short> low = Vector256.WidenLower(codes).AsInt16() * Vector256.WidenLower(components);
        Vector256<short> high = Vector256.WidenUpper(codes).AsInt16() * Vector256.WidenUpper(components);
        return sum + (Vector256.WidenLower(low) + Vector256.WidenUpper(low)) + (Vector256.WidenLower(high) + Vector256.WidenUpper(high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddOffset(Vector256<int> sum, Vector256<byte> codes, sbyte* query) => Add(sum, codes, query);
}

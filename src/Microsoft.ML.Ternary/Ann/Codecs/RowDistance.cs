// The arithmetic that search time goes into: sums over the components of two vectors, for one query in float32 against one or four
// rows at a time (four share the loads of the query and keep more cache misses in flight). How a row's components become float32
// is the row's format. Rows are padded with zeros to a multiple of 16 components, so there are no tails. All widths have the same
// shape, and the scalar one beside them is the reference they are tested against. One and Four add in the same order: a pair's
// distance is the same bits in either.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A width of registers: one implementation of the two sums.</summary>
internal unsafe interface IDistanceKernel
{
    /// <summary>Whether this machine runs it natively.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>The sum over <paramref name="length"/> components (a multiple of 16) of one pair.</summary>
    static abstract float One<TTerm, TRow>(float* query, byte* row, int length)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat;

    /// <summary>The sums for four rows.</summary>
    static abstract void Four<TTerm, TRow>(float* query, byte* row0, byte* row1, byte* row2, byte* row3, int length, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat;
}

/// <summary>The kernel of this machine's widest registers.</summary>
internal static unsafe class RowDistance
{
    /// <summary>Rows are padded with zeros to a multiple of this many components.</summary>
    public const int Block = 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float One<TTerm, TRow>(float* query, byte* row, int length)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        if (Distance512.IsSupported)
            return Distance512.One<TTerm, TRow>(query, row, length);
        if (Distance256.IsSupported)
            return Distance256.One<TTerm, TRow>(query, row, length);
        return Distance128.IsSupported ? Distance128.One<TTerm, TRow>(query, row, length) : DistanceScalar.One<TTerm, TRow>(query, row, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Four<TTerm, TRow>(float* query, byte* row0, byte* row1, byte* row2, byte* row3, int length, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        if (Distance512.IsSupported)
            Distance512.Four<TTerm, TRow>(query, row0, row1, row2, row3, length, sums);
        else if (Distance256.IsSupported)
            Distance256.Four<TTerm, TRow>(query, row0, row1, row2, row3, length, sums);
        else if (Distance128.IsSupported)
            Distance128.Four<TTerm, TRow>(query, row0, row1, row2, row3, length, sums);
        else
            DistanceScalar.Four<TTerm, TRow>(query, row0, row1, row2, row3, length, sums);
    }
}

/// <summary>512-bit registers: one block of 16 components a step.</summary>
internal readonly unsafe struct Distance512 : IDistanceKernel
{
    public static bool IsSupported => Vector512.IsHardwareAccelerated;

    public static float One<TTerm, TRow>(float* query, byte* row, int length)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        Vector512<float> even = default, odd = default;
        int i = 0;
        for (; i <= length - 32; i += 32)
        {
            even = TTerm.Add(Vector512.Load(query + i), TRow.Load512(row, i), even);
            odd = TTerm.Add(Vector512.Load(query + i + 16), TRow.Load512(row, i + 16), odd);
        }
        if (i < length)
            even = TTerm.Add(Vector512.Load(query + i), TRow.Load512(row, i), even);
        return Vector512.Sum(even + odd);
    }

    public static void Four<TTerm, TRow>(float* query, byte* row0, byte* row1, byte* row2, byte* row3, int length, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        Vector512<float> even0 = default, even1 = default, even2 = default, even3 = default;
        Vector512<float> odd0 = default, odd1 = default, odd2 = default, odd3 = default;
        int i = 0;
        for (; i <= length - 32; i += 32)
        {
            Vector512<float> q = Vector512.Load(query + i);
            even0 = TTerm.Add(q, TRow.Load512(row0, i), even0);
            even1 = TTerm.Add(q, TRow.Load512(row1, i), even1);
            even2 = TTerm.Add(q, TRow.Load512(row2, i), even2);
            even3 = TTerm.Add(q, TRow.Load512(row3, i), even3);
            q = Vector512.Load(query + i + 16);
            odd0 = TTerm.Add(q, TRow.Load512(row0, i + 16), odd0);
            odd1 = TTerm.Add(q, TRow.Load512(row1, i + 16), odd1);
            odd2 = TTerm.Add(q, TRow.Load512(row2, i + 16), odd2);
            odd3 = TTerm.Add(q, TRow.Load512(row3, i + 16), odd3);
        }
        if (i < length)
        {
            Vector512<float> q = Vector512.Load(query + i);
            even0 = TTerm.Add(q, TRow.Load512(row0, i), even0);
            even1 = TTerm.Add(q, TRow.Load512(row1, i), even1);
            even2 = TTerm.Add(q, TRow.Load512(row2, i), even2);
            even3 = TTerm.Add(q, TRow.Load512(row3, i), even3);
        }
        sums[0] = Vector512.Sum(even0 + odd0);
        sums[1] = Vector512.Sum(even1 + odd1);
        sums[2] = Vector512.Sum(even2 + odd2);
        sums[3] = Vector512.Sum(even3 + odd3);
    }
}

/// <summary>256-bit registers: a block of 16 components is a pair.</summary>
internal readonly unsafe struct Distance256 : IDistanceKernel
{
    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    public static float One<TTerm, TRow>(float* query, byte* row, int length)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        Vector256<float> even = default, odd = default;
        for (int i = 0; i < length; i += 16)
        {
            even = TTerm.Add(Vector256.Load(query + i), TRow.Load256(row, i), even);
            odd = TTerm.Add(Vector256.Load(query + i + 8), TRow.Load256(row, i + 8), odd);
        }
        return Vector256.Sum(even + odd);
    }

    public static void Four<TTerm, TRow>(float* query, byte* row0, byte* row1, byte* row2, byte* row3, int length, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        Vector256<float> even0 = default, even1 = default, even2 = default, even3 = default;
        Vector256<float> odd0 = default, odd1 = default, odd2 = default, odd3 = default;
        for (int i = 0; i < length; i += 16)
        {
            Vector256<float> q = Vector256.Load(query + i);
            even0 = TTerm.Add(q, TRow.Load256(row0, i), even0);
            even1 = TTerm.Add(q, TRow.Load256(row1, i), even1);
            even2 = TTerm.Add(q, TRow.Load256(row2, i), even2);
            even3 = TTerm.Add(q, TRow.Load256(row3, i), even3);
            q = Vector256.Load(query + i + 8);
            odd0 = TTerm.Add(q, TRow.Load256(row0, i + 8), odd0);
            odd1 = TTerm.Add(q, TRow.Load256(row1, i + 8), odd1);
            odd2 = TTerm.Add(q, TRow.Load256(row2, i + 8), odd2);
            odd3 = TTerm.Add(q, TRow.Load256(row3, i + 8), odd3);
        }
        sums[0] = Vector256.Sum(even0 + odd0);
        sums[1] = Vector256.Sum(even1 + odd1);
        sums[2] = Vector256.Sum(even2 + odd2);
        sums[3] = Vector256.Sum(even3 + odd3);
    }
}

/// <summary>128-bit registers: half a block is a pair.</summary>
internal readonly unsafe struct Distance128 : IDistanceKernel
{
    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    public static float One<TTerm, TRow>(float* query, byte* row, int length)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        Vector128<float> even = default, odd = default;
        for (int i = 0; i < length; i += 8)
        {
            even = TTerm.Add(Vector128.Load(query + i), TRow.Load128(row, i), even);
            odd = TTerm.Add(Vector128.Load(query + i + 4), TRow.Load128(row, i + 4), odd);
        }
        return Vector128.Sum(even + odd);
    }

    public static void Four<TTerm, TRow>(float* query, byte* row0, byte* row1, byte* row2, byte* row3, int length, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        Vector128<float> even0 = default, even1 = default, even2 = default, even3 = default;
        Vector128<float> odd0 = default, odd1 = default, odd2 = default, odd3 = default;
        for (int i = 0; i < length; i += 8)
        {
            Vector128<float> q = Vector128.Load(query + i);
            even0 = TTerm.Add(q, TRow.Load128(row0, i), even0);
            even1 = TTerm.Add(q, TRow.Load128(row1, i), even1);
            even2 = TTerm.Add(q, TRow.Load128(row2, i), even2);
            even3 = TTerm.Add(q, TRow.Load128(row3, i), even3);
            q = Vector128.Load(query + i + 4);
            odd0 = TTerm.Add(q, TRow.Load128(row0, i + 4), odd0);
            odd1 = TTerm.Add(q, TRow.Load128(row1, i + 4), odd1);
            odd2 = TTerm.Add(q, TRow.Load128(row2, i + 4), odd2);
            odd3 = TTerm.Add(q, TRow.Load128(row3, i + 4), odd3);
        }
        sums[0] = Vector128.Sum(even0 + odd0);
        sums[1] = Vector128.Sum(even1 + odd1);
        sums[2] = Vector128.Sum(even2 + odd2);
        sums[3] = Vector128.Sum(even3 + odd3);
    }
}

/// <summary>Plain C#: the reference, and what machines without vector registers run.</summary>
internal readonly unsafe struct DistanceScalar : IDistanceKernel
{
    public static bool IsSupported => true;

    public static float One<TTerm, TRow>(float* query, byte* row, int length)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        float sum = 0;
        for (int i = 0; i < length; i++)
            sum = TTerm.Add(query[i], TRow.Load(row, i), sum);
        return sum;
    }

    public static void Four<TTerm, TRow>(float* query, byte* row0, byte* row1, byte* row2, byte* row3, int length, float* sums)
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        sums[0] = One<TTerm, TRow>(query, row0, length);
        sums[1] = One<TTerm, TRow>(query, row1, length);
        sums[2] = One<TTerm, TRow>(query, row2, length);
        sums[3] = One<TTerm, TRow>(query, row3, length);
    }
}

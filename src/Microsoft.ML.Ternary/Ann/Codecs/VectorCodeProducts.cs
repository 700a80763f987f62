// The sums in vector registers: an accumulator for each mask, and what the mask leaves too large is divided out once, at the end,
// exactly. What differs between processors is how bytes are multiplied and added up.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

internal readonly unsafe struct VectorCodeProducts<TBytes> : ICodeProducts where TBytes : struct, IByteProducts
{
    private const int Register = CodeLayout.Register;

    public static bool IsSupported => TBytes.IsSupported;

    public static int Int8(sbyte* query, byte* row, int bytes, int sum)
    {
        Vector256<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int at = 0;
        for (; at <= bytes - 4 * Register; at += 4 * Register)
        {
            sum0 = TBytes.AddOffset(sum0, Vector256.Load(row + at), query + at);
            sum1 = TBytes.AddOffset(sum1, Vector256.Load(row + at + Register), query + at + Register);
            sum2 = TBytes.AddOffset(sum2, Vector256.Load(row + at + 2 * Register), query + at + 2 * Register);
            sum3 = TBytes.AddOffset(sum3, Vector256.Load(row + at + 3 * Register), query + at + 3 * Register);
        }
        for (; at < bytes; at += Register)
            sum0 = TBytes.AddOffset(sum0, Vector256.Load(row + Math.Min(at, bytes - Register)), query + at);
        return Vector256.Sum(sum0 + sum1 + (sum2 + sum3)) - TBytes.Offset * sum;
    }

    public static int Ternary(sbyte* query, byte* row, int bytes, int sum)
    {
        Vector256<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (int at = 0; at < bytes; at += Register, query += 4 * Register)
        {
            Vector256<byte> codes = Vector256.Load(row + Math.Min(at, bytes - Register));
            sum0 = TBytes.Add(sum0, codes & Vector256.Create((byte)3), query);
            sum1 = TBytes.Add(sum1, codes & Vector256.Create((byte)(3 << 2)), query + Register);
            sum2 = TBytes.Add(sum2, codes & Vector256.Create((byte)(3 << 4)), query + 2 * Register);
            sum3 = TBytes.Add(sum3, codes & Vector256.Create((byte)(3 << 6)), query + 3 * Register);
        }
        return Vector256.Sum(sum0 + (sum1 >> 2) + ((sum2 >> 4) + (sum3 >> 6))) - sum;
    }

    public static int Binary(sbyte* query, byte* row, int bytes, int sum)
    {
        Vector256<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default, sum4 = default, sum5 = default, sum6 = default, sum7 = default;
        for (int at = 0; at < bytes; at += Register, query += 8 * Register)
        {
            Vector256<byte> codes = Vector256.Load(row + Math.Min(at, bytes - Register));
            sum0 = TBytes.Add(sum0, codes & Vector256.Create((byte)1), query);
            sum1 = TBytes.Add(sum1, codes & Vector256.Create((byte)(1 << 1)), query + Register);
            sum2 = TBytes.Add(sum2, codes & Vector256.Create((byte)(1 << 2)), query + 2 * Register);
            sum3 = TBytes.Add(sum3, codes & Vector256.Create((byte)(1 << 3)), query + 3 * Register);
            sum4 = TBytes.Add(sum4, codes & Vector256.Create((byte)(1 << 4)), query + 4 * Register);
            sum5 = TBytes.Add(sum5, codes & Vector256.Create((byte)(1 << 5)), query + 5 * Register);
            sum6 = TBytes.Add(sum6, codes & Vector256.Create((byte)(1 << 6)), query + 6 * Register);
            sum7 = TBytes.Add(sum7, codes & Vector256.Create((byte)(1 << 7)), query + 7 * Register);
        }
        Vector256<int> low = sum0 + (sum1 >> 1) + ((sum2 >> 2) + (sum3 >> 3));
        Vector256<int> high = (sum4 >> 4) + (sum5 >> 5) + ((sum6 >> 6) + (sum7 >> 7));
        return 2 * Vector256.Sum(low + high) - sum;
    }
}

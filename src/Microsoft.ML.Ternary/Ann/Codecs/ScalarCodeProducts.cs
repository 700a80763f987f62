// The sums in plain C#: what the other implementations are tested against, and what machines without vector registers run.
namespace Microsoft.ML.Ternary.Ann;

internal readonly unsafe struct ScalarCodeProducts : ICodeProducts
{
    public static bool IsSupported => true;

    public static int Int8(sbyte* query, byte* row, int bytes, int sum) => Sum(query, row, bytes, 1) - 128 * sum;

    public static int Ternary(sbyte* query, byte* row, int bytes, int sum) => Sum(query, row, bytes, 4) - sum;

    public static int Binary(sbyte* query, byte* row, int bytes, int sum) => 2 * Sum(query, row, bytes, 8) - sum;

    private static int Sum(sbyte* query, byte* row, int bytes, int fields)
    {
        int bits = 8 / fields, mask = (1 << bits) - 1, sum = 0;
        for (int at = 0; at < bytes; at += CodeLayout.Register)
        {
            byte* register = row + Math.Min(at, bytes - CodeLayout.Register);
            for (int f = 0; f < fields; f++)
            {
                for (int j = 0; j < CodeLayout.Register; j++)
                    sum += (register[j] >> (bits * f) & mask) * query[(at * fields) + f * CodeLayout.Register + j];
            }
        }
        return sum;
    }
}

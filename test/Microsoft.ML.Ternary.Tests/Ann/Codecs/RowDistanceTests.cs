// Every width of registers that this machine has against plain C#, over every form of rows, and one pair's sum the same whichever
// way it is asked for.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Codecs;

public sealed unsafe class RowDistanceTests
{
    [Property(MaxTest = 40)]
    public void SumsIn512BitsAgreeWithPlainArithmetic(byte blocks, int seed) => Check<Distance512>(blocks, seed);

    [Property(MaxTest = 40)]
    public void SumsIn256BitsAgreeWithPlainArithmetic(byte blocks, int seed) => Check<Distance256>(blocks, seed);

    [Property(MaxTest = 40)]
    public void SumsIn128BitsAgreeWithPlainArithmetic(byte blocks, int seed) => Check<Distance128>(blocks, seed);

    [Fact]
    public void PlainArithmeticIsRightOnAnExampleByHand()
    {
        float[] a = [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], b = [5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1];
        fixed (float* left = a, right = b)
        fixed (short* halves = Halves(b))
        {
            Assert.Equal(5 + 12 + 21 + 32 - 1, DistanceScalar.One<ProductTerm, Float32Rows>(left, (byte*)right, 16));
            Assert.Equal(16 * 4 + 4, DistanceScalar.One<SquaredDifferenceTerm, Float32Rows>(left, (byte*)right, 16));
            Assert.Equal((5 + 12 + 21 + 32 - 1) / Float16Rows.Scale, DistanceScalar.One<ProductTerm, Float16Rows>(left, (byte*)halves, 16));
            Assert.Equal(16 * 4 + 4, DistanceScalar.One<HalfSquaredDifferenceTerm, Float16Rows>(left, (byte*)halves, 16));
        }
    }

    [Fact]
    public void EveryNormalHalfComesBackAsItself()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            Half half = BitConverter.UInt16BitsToHalf((ushort)bits);
            if (!Half.IsNormal(half))
                continue;
            short stored = Float16Rows.Round((float)half);
            Assert.Equal((short)bits, stored);
            Assert.Equal((float)half, Float16Rows.Load((byte*)&stored, 0) * Float16Rows.Scale);
        }
    }

    [Theory]
    [InlineData(-0f)]
    [InlineData(6.1e-5f)]
    [InlineData(-3e-8f)]
    [InlineData(1e-40f)]
    public void HalvesThatWouldBeSubnormalAreZero(float value) => Assert.Equal(0, Float16Rows.Round(value));

    private static void Check<TKernel>(byte blocks, int seed) where TKernel : struct, IDistanceKernel
    {
        int length = 16 * (1 + blocks % 30);
        float[] vectors = TestVectors.Clustered(5, length, 2, seed);
        fixed (float* query = vectors)
        fixed (short* halves = Halves(vectors))
        {
            Check<TKernel, ProductTerm, Float32Rows>(query, (byte*)(query + length), length, sizeof(float), 1);
            Check<TKernel, SquaredDifferenceTerm, Float32Rows>(query, (byte*)(query + length), length, sizeof(float), 1);
            Check<TKernel, ProductTerm, Float16Rows>(query, (byte*)(halves + length), length, sizeof(short), 1 / Float16Rows.Scale);
            Check<TKernel, HalfSquaredDifferenceTerm, Float16Rows>(query, (byte*)(halves + length), length, sizeof(short), 1);
        }
    }

    // Registers that the machine lacks are emulated by the runtime: slow, but the same arithmetic.
    private static void Check<TKernel, TTerm, TRow>(float* query, byte* rows, int length, int size, float unit)
        where TKernel : struct, IDistanceKernel
        where TTerm : struct, IDistanceTerm
        where TRow : struct, IRowFormat
    {
        float* sums = stackalloc float[4];
        int stride = length * size;
        TKernel.Four<TTerm, TRow>(query, rows, rows + stride, rows + 2 * stride, rows + 3 * stride, length, sums);
        for (int row = 0; row < 4; row++)
        {
            Assert.Equal(DistanceScalar.One<TTerm, TRow>(query, rows + row * stride, length) / unit, sums[row] / unit, 1e-5 * (10 + length));
            Assert.Equal(sums[row], TKernel.One<TTerm, TRow>(query, rows + row * stride, length));
        }
    }

    private static short[] Halves(float[] values) => Array.ConvertAll(values, Float16Rows.Round);
}

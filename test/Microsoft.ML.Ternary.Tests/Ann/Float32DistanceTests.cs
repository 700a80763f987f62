// Every width of registers that this machine has against plain C#, and one pair's sum the same whichever way it is asked for.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed unsafe class Float32DistanceTests
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
        {
            Assert.Equal(5 + 12 + 21 + 32 - 1, DistanceScalar.One<ProductTerm>(left, right, 16));
            Assert.Equal(16 * 4 + 4, DistanceScalar.One<SquaredDifferenceTerm>(left, right, 16));
        }
    }

    private static void Check<TKernel>(byte blocks, int seed) where TKernel : struct, IDistanceKernel
    {
        Check<TKernel, ProductTerm>(16 * (1 + blocks % 30), seed);
        Check<TKernel, SquaredDifferenceTerm>(16 * (1 + blocks % 30), seed);
    }

    // Registers that the machine lacks are emulated by the runtime: slow, but the same arithmetic.
    private static void Check<TKernel, TTerm>(int length, int seed)
        where TKernel : struct, IDistanceKernel
        where TTerm : struct, IDistanceTerm
    {
        float[] vectors = TestVectors.Clustered(5, length, 2, seed);
        fixed (float* query = vectors)
        {
            float* sums = stackalloc float[4];
            float* rows = query + length;
            TKernel.Four<TTerm>(query, rows, rows + length, rows + 2 * length, rows + 3 * length, length, sums);
            for (int row = 0; row < 4; row++)
            {
                Assert.Equal(DistanceScalar.One<TTerm>(query, rows + row * length, length), sums[row], 1e-5 * (10 + length));
                Assert.Equal(sums[row], TKernel.One<TTerm>(query, rows + row * length, length));
            }
        }
    }
}

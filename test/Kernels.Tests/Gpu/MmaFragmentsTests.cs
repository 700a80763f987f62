// The layout of mma.m16n8k32, without a GPU: 32 lanes load and store through the functions that the kernel uses, a product of
// matrices stands for the instruction, and the result is compared with the scalar sum.
using Microsoft.ML.Ternary.Kernels.Gpu;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Tests.Gpu;

public class MmaFragmentsTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    public void LanesThatLoadPackedWeightsAndCodesGetTheScalarProduct(int product, int digits)
    {
        var random = new Random(1 + product);
        int largest = digits == 1 ? 1 : 4;
        sbyte[] codes = [.. Enumerable.Range(0, 8 * 64).Select(_ => (sbyte)random.Next(-largest, largest + 1))];
        int[] words = FragmentTiles.Pack(TernaryMatrix.FromCodes(codes, 8, 64, [1f], digits));
        sbyte[,] activations = new sbyte[16, 64];
        foreach ((int row, int k) in Pairs(16, 64))
            activations[row, k] = (sbyte)random.Next(-127, 128);

        int[,] a = new int[32, 4], b = new int[32, 2];
        foreach ((int lane, int r) in Pairs(32, 4))
            a[lane, r] = Word(activations, MmaFragments.ARow(lane, r), product * MmaFragments.DepthWords + MmaFragments.AWord(lane, r));
        foreach ((int lane, int r) in Pairs(32, 2))
            b[lane, r] = Codes(words, lane, MmaFragments.BGroup(product, r), digits);
        int[,] c = Instruction(a, b);

        foreach ((int lane, int r) in Pairs(32, 4))
        {
            (int row, int column) = (MmaFragments.CRow(lane, r), MmaFragments.CColumn(lane, r));
            int expected = 0;
            for (int k = 32 * product; k < 32 * product + 32; k++)
                expected += activations[row, k] * (codes[column * 64 + k] + largest);
            Assert.Equal(expected, c[lane, r]);
        }
    }

    [Fact]
    public void EveryElementOfEachOperandIsHeldOnce()
    {
        Assert.Equal(16 * 8, Pairs(32, 4).Select(x => (MmaFragments.ARow(x.Item1, x.Item2), MmaFragments.AWord(x.Item1, x.Item2))).Distinct().Count());
        Assert.Equal(8 * 8, Pairs(32, 2).Select(x => (MmaFragments.BColumn(x.Item1), MmaFragments.BWord(x.Item1, x.Item2))).Distinct().Count());
        Assert.Equal(16 * 8, Pairs(32, 4).Select(x => (MmaFragments.CRow(x.Item1, x.Item2), MmaFragments.CColumn(x.Item1, x.Item2))).Distinct().Count());
    }

    [Fact]
    public void ALanesWordOfPackedWeightsHoldsItsColumnAndItsInputs()
    {
        foreach ((int lane, int r) in Pairs(32, 2))
        {
            foreach (int product in new[] { 0, 1 })
            {
                int k = 32 * product + 4 * MmaFragments.BWord(lane, r);
                int shift = 4 * product + 2 * r;
                Assert.Equal((lane, shift), FragmentTiles.Position(MmaFragments.BColumn(lane), k));
                Assert.Equal((lane, 24 + shift), FragmentTiles.Position(MmaFragments.BColumn(lane), k + 3));
                Assert.Equal((32 * product + lane, 4 * r), FragmentTiles.Position(MmaFragments.BColumn(lane), k, digits: 2));
                Assert.Equal((32 * product + lane, 24 + 4 * r), FragmentTiles.Position(MmaFragments.BColumn(lane), k + 3, digits: 2));
            }
        }
    }

    private static int Codes(int[] words, int lane, int group, int digits) => digits == 1
        ? default(OneDigitCodes).Four(words[lane], 0, group)
        : default(TwoDigitCodes).Four(words[lane], words[lane + FragmentTiles.LaneWords], group);

    /// <summary>What the instruction does, written from the tables of the PTX ISA: groupID = lane / 4, threadID = lane % 4.</summary>
    private static int[,] Instruction(int[,] a, int[,] b)
    {
        sbyte[,] matrixA = new sbyte[16, 32], matrixB = new sbyte[32, 8];
        foreach ((int lane, int i) in Pairs(32, 16))
        {
            int row = i is >= 0 and < 4 or >= 8 and < 12 ? lane / 4 : lane / 4 + 8;
            int column = lane % 4 * 4 + (i & 3) + (i < 8 ? 0 : 16);
            matrixA[row, column] = (sbyte)(a[lane, i / 4] >> (8 * (i % 4)));
        }
        foreach ((int lane, int i) in Pairs(32, 8))
            matrixB[lane % 4 * 4 + (i & 3) + (i < 4 ? 0 : 16), lane / 4] = (sbyte)(b[lane, i / 4] >> (8 * (i % 4)));
        int[,] c = new int[32, 4];
        foreach ((int lane, int i) in Pairs(32, 4))
        {
            int row = i < 2 ? lane / 4 : lane / 4 + 8;
            int column = lane % 4 * 2 + (i & 1);
            for (int k = 0; k < 32; k++)
                c[lane, i] += matrixA[row, k] * matrixB[k, column];
        }
        return c;
    }

    private static int Word(sbyte[,] values, int row, int word) =>
        values[row, 4 * word] & 255 | (values[row, 4 * word + 1] & 255) << 8 | (values[row, 4 * word + 2] & 255) << 16 | values[row, 4 * word + 3] << 24;

    private static IEnumerable<(int, int)> Pairs(int first, int second) =>
        from i in Enumerable.Range(0, first) from j in Enumerable.Range(0, second) select (i, j);
}

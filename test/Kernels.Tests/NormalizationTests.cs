// Layer norm against its definition in double precision, vectorised and plain, over sizes around a vector's.
using Microsoft.ML.Ternary.Kernels.Cpu.Simd;

namespace Microsoft.ML.Ternary.Kernels.Tests;

public unsafe class NormalizationTests
{
    private delegate float Normalizer(float* row, float* residual, float* gain, float* bias, int size, float epsilon);

    [Fact]
    public void ARowBecomesItsDeviationsOverTheirSpread()
    {
        // Mean 2, variance 1 (biased), so the row is (-1, 1) before gain and bias.
        float[] row = [1, 3];

        Normalization.LayerNorm(row, [2, 3], [10, 20], epsilon: 0);

        Assert.Equal([8, 23], row);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(36)]
    [InlineData(384)]
    [InlineData(1027)]
    public void RowsWithResidualAgreeWithTheDefinition(int size)
    {
        var random = new Random(size);
        float[] values = Values(random, 3 * size), residual = Values(random, 3 * size);
        float[] gain = Values(random, size), bias = Values(random, size);
        double[] expected = Definition(values.Zip(residual, (x, r) => x + r).ToArray(), gain, bias, 1e-5);

        Normalization.LayerNorm(values, residual, gain, bias, 1e-5f);

        AssertClose(expected, values);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(384)]
    public void PlainAndVectorisedFormsAgreeWithTheDefinition(int size)
    {
        var random = new Random(size);
        float[] values = Values(random, size), residual = Values(random, size);
        float[] gain = Values(random, size), bias = Values(random, size);
        double[] expected = Definition(values.Zip(residual, (x, r) => x + r).ToArray(), gain, bias, 1e-12);
        foreach (Normalizer normalizer in new Normalizer[]
        {
            Normalization.NormalizeScalar, Normalization.NormalizeVectors<Simd128>,
            Normalization.NormalizeVectors<Simd256>, Normalization.NormalizeVectors<Simd512>,
        })
        {
            float[] row = [.. values];
            float max;
            fixed (float* x = row, r = residual, g = gain, b = bias)
                max = normalizer(x, r, g, b, size, 1e-12f);
            AssertClose(expected, row);
            Assert.Equal(row.Max(MathF.Abs), max);
        }
    }

    [Fact]
    public void ALargeMeanDoesNotLoseTheVariance()
    {
        // The values are exact in float32; E[x²] - E[x]² would give 0 or less here.
        float[] row = Enumerable.Range(0, 64).Select(i => 10_000f + i % 2).ToArray();

        Normalization.LayerNorm(row, Ones(64), new float[64], epsilon: 0);

        Assert.Equal(-1, row[0], 1e-6f);
        Assert.Equal(1, row[1], 1e-6f);
    }

    [Fact]
    public void AConstantRowGivesTheBias()
    {
        float[] row = [5, 5, 5];

        Normalization.LayerNorm(row, [2, 2, 2], [1, 2, 3], 1e-12f);

        Assert.Equal([1, 2, 3], row);
    }

    [Fact]
    public void LengthsThatDisagreeAreRefused()
    {
        Assert.Throws<ArgumentException>(() => Normalization.LayerNorm(new float[5], new float[2], new float[2], 0));
        Assert.Throws<ArgumentException>(() => Normalization.LayerNorm(new float[4], new float[2], new float[3], 0));
        Assert.Throws<ArgumentException>(() => Normalization.LayerNorm(new float[4], new float[2], new float[2], new float[2], 0));
        Assert.Throws<ArgumentException>(() => Normalization.LayerNorm([], [], [], 0));
    }

    [Fact]
    public void L2NormalizationGivesNormOneAndLeavesZeroAlone()
    {
        float[] vector = [3, 4], zero = new float[3];
        Normalization.L2Normalize(vector);
        Normalization.L2Normalize(zero);
        Assert.Equal([0.6f, 0.8f], vector);
        Assert.Equal(new float[3], zero);
    }

    [Fact]
    public void ANormOfBlocksRoundsWhatItNormalises()
    {
        ActivationBlock block = Blocks.Of(2, 1, 3, 5, 5);

        new LayerNorm([127, 127], [0, 1], 0).Apply(block, 0, 1);

        Assert.Equal([-127, 128, 5, 5], block.Values.ToArray());
        Assert.Equal(-126, block.CodesOf(0)[0]);
        Assert.Equal(127, block.CodesOf(0)[1]);
        Assert.Throws<ArgumentException>(() => new LayerNorm([1], [1], 0).Apply(block, 0, 1));
        Assert.Throws<ArgumentException>(() => new LayerNorm([1], [], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LayerNorm([1, 1], [0, 0], 0).Apply(block, 1, 2));
    }

    private static double[] Definition(float[] values, float[] gain, float[] bias, double epsilon)
    {
        return values.Chunk(gain.Length).SelectMany(row =>
        {
            double mean = row.Average(x => (double)x);
            double variance = row.Average(x => (x - mean) * (x - mean));
            return row.Select((x, i) => (x - mean) / Math.Sqrt(variance + epsilon) * gain[i] + bias[i]);
        }).ToArray();
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 5e-6);
    }

    private static float[] Ones(int count) => Enumerable.Repeat(1f, count).ToArray();

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = random.NextSingle() * 4 - 1;
        return values;
    }
}

// The float32 layer against its definition in double precision, and the plain form of its innermost step.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Tests;

public unsafe class DenseLinearTests
{
    [Fact]
    public void ComputesProductsAndBias()
    {
        var layer = new DenseLinear([1, 2, 3, 4, 5, 6], 2, 3, [10, 20]);

        float[] output = Blocks.Forward(layer, Blocks.Of(3, 1, 0, 0, 1, 1, 1));

        Assert.Equal([11, 24, 16, 35], output);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(15, 3)]
    [InlineData(16, 16)]
    [InlineData(17, 40)]
    [InlineData(36, 50)]
    [InlineData(50, 36)]
    public void EveryNumberOfRowsAgreesWithTheDefinition(int outputs, int inputs)
    {
        var random = new Random(outputs);
        float[] matrix = Values(random, outputs * inputs), bias = Values(random, outputs);
        var layer = new DenseLinear(matrix, outputs, inputs, bias);
        for (int rows = 1; rows <= 17; rows++)
        {
            ActivationBlock input = Blocks.Of(inputs, Values(random, rows * inputs));

            float[] output = Blocks.Forward(layer, input);

            for (int m = 0; m < rows; m++)
            {
                for (int n = 0; n < outputs; n++)
                {
                    double expected = bias[n];
                    for (int k = 0; k < inputs; k++)
                        expected += (double)matrix[n * inputs + k] * input.Values[m * inputs + k];
                    Assert.Equal(expected, output[m * outputs + n], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void ARowGivesTheSameBitsInEveryBatch()
    {
        var random = new Random(7);
        var layer = new DenseLinear(Values(random, 20 * 33), 20, 33, []);
        float[] row = Values(random, 33);
        float[]? first = null;
        for (int rows = 1; rows <= 13; rows++)
        {
            float[] output = Blocks.Forward(layer, Blocks.Of(33, [.. Enumerable.Repeat(row, rows).SelectMany(x => x)]));
            first ??= output;
            Assert.All(output.Chunk(20), chunk => Assert.Equal(first, chunk));
        }
    }

    [Fact]
    public void ThePlainFormOfTheInnermostStepAgreesWithTheVectorisedOne()
    {
        var random = new Random(3);
        float[] a = Values(random, 40), panel = Values(random, 40 * FloatGemm.PanelColumns), start = Values(random, FloatGemm.PanelColumns);
        var plain = new float[FloatGemm.PanelColumns];
        var vectorised = new float[FloatGemm.PanelColumns];
        fixed (float* pa = a, pb = panel, ps = start, c = plain, v = vectorised)
        {
            FloatGemm.RowScalar(pa, 40, pb, ps, c);
            FloatGemm.Multiply(pa, 40, 1, 40, pb, FloatGemm.PanelColumns, ps, v, FloatGemm.PanelColumns);
        }
        for (int n = 0; n < plain.Length; n++)
            Assert.Equal(plain[n], vectorised[n], 1e-5f);
    }

    [Fact]
    public void DisagreeingShapesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new DenseLinear(new float[5], 2, 3, []));
        Assert.Throws<ArgumentException>(() => new DenseLinear(new float[6], 2, 3, new float[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseLinear([], 0, 3, []));
        var layer = new DenseLinear(new float[6], 2, 3, []);
        Assert.Throws<ArgumentException>(() => Blocks.Forward(layer, new ActivationBlock(1, 2)));
        Assert.Empty(Blocks.Forward(layer, new ActivationBlock(0, 3)));
    }

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = random.NextSingle() * 2 - 1;
        return values;
    }
}

// Attention against its definition in double precision, for head sizes and lengths around the blocks of the product.
namespace Microsoft.ML.Ternary.Kernels.Tests;

public class AttentionTests
{
    [Fact]
    public void WeightsAreTheSoftmaxOfScaledProducts()
    {
        // One head of size 1: the scores of query ln 3 are 0 and ln 3, so the weights are 1/4 and 3/4.
        float ln3 = MathF.Log(3);
        var output = new float[2];

        Forward(new Attention(), [0, ln3], [0, 1], [8, 16], stride: 1, tokens: 2, heads: 1, headSize: 1, output);

        Assert.Equal(12, output[0], 1e-5f);
        Assert.Equal(14, output[1], 1e-5f);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 2, 32)]
    [InlineData(2, 3, 12)]
    [InlineData(5, 1, 16)]
    [InlineData(7, 2, 17)]
    [InlineData(15, 2, 8)]
    [InlineData(16, 4, 32)]
    [InlineData(17, 2, 5)]
    [InlineData(25, 3, 64)]
    [InlineData(130, 2, 33)]
    public void AgreesWithTheDefinition(int tokens, int heads, int headSize)
    {
        int hidden = heads * headSize;
        var random = new Random(tokens);
        (float[] q, float[] k, float[] v) = (Values(random, tokens * hidden), Values(random, tokens * hidden), Values(random, tokens * hidden));
        var output = new float[tokens * hidden];

        Forward(new Attention(), q, k, v, hidden, tokens, heads, headSize, output);

        AssertClose(Definition(q, k, v, hidden, tokens, heads, headSize), output);
    }

    [Fact]
    public void QueryKeyAndValueMayBeSlicesOfOneProduct()
    {
        const int Tokens = 9, Heads = 2, HeadSize = 12, Hidden = Heads * HeadSize;
        float[] all = Values(new Random(1), Tokens * 3 * Hidden);
        var output = new float[Tokens * Hidden];

        Forward(new Attention(), all, all.AsSpan(Hidden), all.AsSpan(2 * Hidden), 3 * Hidden, Tokens, Heads, HeadSize, output);

        AssertClose(Definition(all, all[Hidden..], all[(2 * Hidden)..], 3 * Hidden, Tokens, Heads, HeadSize), output);
    }

    [Fact]
    public void LargeScoresDoNotOverflow()
    {
        // Scores of ±10,000: the weight of the best key is 1.
        float[] q = [100, -100], k = [100, -100], v = [1, 2];
        var output = new float[2];

        Forward(new Attention(), q, k, v, 1, 2, 1, 1, output);

        Assert.Equal([1, 2], output);
    }

    [Fact]
    public void AnObjectServesSequencesOfAnyLengthInAnyOrder()
    {
        var attention = new Attention();
        foreach (int tokens in new[] { 40, 3, 60, 1 })
        {
            float[] x = Values(new Random(tokens), tokens * 8);
            var output = new float[tokens * 8];
            Forward(attention, x, x, x, 8, tokens, 2, 4, output);
            AssertClose(Definition(x, x, x, 8, tokens, 2, 4), output);
        }
    }

    [Fact]
    public void NothingIsAllocatedAfterTheFirstCall()
    {
        var attention = new Attention();
        float[] x = Values(new Random(1), 20 * 16);
        var output = new float[20 * 16];
        Forward(attention, x, x, x, 16, 20, 2, 8, output);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Forward(attention, x, x, x, 16, 20, 2, 8, output);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void DisagreeingShapesAreRefused()
    {
        var attention = new Attention();
        float[] x = new float[8];
        Forward(attention, [], [], [], 4, 0, 2, 2, []);
        Assert.Throws<ArgumentException>(() => Forward(attention, x, x, x.AsSpan(1), 4, 2, 2, 2, x));
        Assert.Throws<ArgumentException>(() => Forward(attention, x, x, x, 4, 2, 2, 2, x.AsSpan(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => attention.ForwardHead(x, x, x, 1, 2, 2, x, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => attention.ForwardHead(x, x, x, 2, 2, 2, x, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => attention.ForwardHead(x, x, x, 2, 2, 0, x, 2));
    }

    private static void Forward(
        Attention attention, ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int stride,
        int tokens, int heads, int headSize, Span<float> output)
    {
        for (int column = 0; column < heads * headSize && tokens > 0; column += headSize)
            attention.ForwardHead(query[column..], key[column..], value[column..], stride, tokens, headSize, output[column..], heads * headSize);
    }

    private static double[] Definition(float[] q, float[] k, float[] v, int stride, int tokens, int heads, int headSize)
    {
        int hidden = heads * headSize;
        var output = new double[tokens * hidden];
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < tokens; i++)
            {
                int column = head * headSize;
                double[] scores = Enumerable.Range(0, tokens).Select(j => Enumerable.Range(column, headSize)
                    .Sum(c => (double)q[i * stride + c] * k[j * stride + c]) / Math.Sqrt(headSize)).ToArray();
                double max = scores.Max();
                double[] weights = scores.Select(score => Math.Exp(score - max)).ToArray();
                double sum = weights.Sum();
                for (int c = column; c < column + headSize; c++)
                    output[i * hidden + c] = Enumerable.Range(0, tokens).Sum(j => weights[j] / sum * v[j * stride + c]);
            }
        }
        return output;
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5);
    }

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = random.NextSingle() * 4 - 2;
        return values;
    }
}

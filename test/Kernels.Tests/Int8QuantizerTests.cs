// Quantisation decides what every ternary layer sees: rounding, range and the odd rows are fixed here.
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Microsoft.ML.Ternary.Kernels.Tests;

public class Int8QuantizerTests
{
    [Fact]
    public void TheLargestMagnitudeBecomes127AndHalvesRoundToEven()
    {
        // Scale 1: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2, -0.5 -> 0, -1.5 -> -2; repeated so that a vector and its tail both do it.
        float[] values = [.. Enumerable.Repeat(new[] { -127f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f }, 7).SelectMany(v => v)];
        var codes = new sbyte[values.Length];

        Assert.Equal(1f, Int8Quantizer.Quantize(values, codes));

        Assert.Equal(Enumerable.Repeat(new[] { -127, 0, 2, 2, 0, -2 }, 7).SelectMany(v => v), codes.Select(code => (int)code));
    }

    [Property]
    public Property EveryValueIsWithinHalfAStepOfItsCode() => Prop.ForAll(Vectors(), values =>
    {
        var codes = new sbyte[values.Length];
        float scale = Int8Quantizer.Quantize(values, codes);
        return values.Zip(codes).All(pair =>
            Math.Abs(pair.First - pair.Second * (double)scale) <= scale * 0.50001 && Math.Abs((int)pair.Second) <= 127);
    });

    [Property]
    public Property TheVectorisedFormRoundsAsTheDefinition() => Prop.ForAll(Vectors(), values =>
    {
        var codes = new sbyte[values.Length];
        Int8Quantizer.Quantize(values, codes);
        float inverse = 127 / values.Max(MathF.Abs);
        return values.Zip(codes).All(pair => MathF.Round(pair.First * inverse) == pair.Second);
    });

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-40f)]
    public void ZerosAndWhatIsNoMoreThanZeroGiveZeros(float value)
    {
        sbyte[] codes = [1, 1, 1, 7];
        Assert.Equal(0, Int8Quantizer.Quantize([value, 0, -value], codes));
        Assert.Equal([0, 0, 0, 7], codes.Select(code => (int)code));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void AFaultShowsInTheScaleWhereverItStands(float fault)
    {
        for (int position = 0; position < 37; position++)
        {
            float[] values = Enumerable.Repeat(1f, 37).ToArray();
            values[position] = fault;
            Assert.True(float.IsNaN(Int8Quantizer.Quantize(values, new sbyte[37])));
        }
    }

    [Fact]
    public void ADestinationThatIsTooShortIsRefused() =>
        Assert.Throws<ArgumentException>(() => Int8Quantizer.Quantize(new float[3], new sbyte[2]));

    private static Arbitrary<float[]> Vectors()
    {
        Gen<float[]> vectors =
            from length in Gen.Choose(1, 150)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            from exponent in Gen.Choose(-20, 20)
            select Values(new Random(seed), length, MathF.Pow(10, exponent));
        return Arb.From(vectors);
    }

    private static float[] Values(Random random, int length, float magnitude)
    {
        var values = new float[length];
        for (int i = 0; i < length; i++)
            values[i] = (random.NextSingle() - 0.5f) * magnitude;
        values[0] = magnitude;
        return values;
    }
}

// What the ternary layer adds to its kernels: the choice of one, the checks, and the way it shares quantised input.
namespace Microsoft.ML.Ternary.Kernels.Tests;

public class TernaryLinearTests
{
    [Fact]
    public void EverySupportedKernelGivesTheSameBits()
    {
        var random = new Random(1);
        var weights = new float[100 * 75];
        foreach (ref float weight in weights.AsSpan())
            weight = random.NextSingle() - 0.5f;
        TernaryMatrix matrix = TernaryMatrix.Ternarize(weights, 100, 75, TernaryScaling.PerRow());
        ActivationBlock input = Blocks.Of(75, weights.AsSpan(0, 11 * 75));
        float[] expected = Blocks.Forward(new TernaryLinear(matrix, [], TernaryKernel.Scalar), input);

        foreach (TernaryKernel kernel in TernaryKernels.Supported)
            Assert.Equal(expected, Blocks.Forward(new TernaryLinear(matrix, [], kernel), input));
    }

    [Fact]
    public void TheBestKernelIsTheLastSupportedOneAndTheDefault()
    {
        Assert.Equal(TernaryKernels.Supported[^1], TernaryKernels.Best);
        Assert.Equal(TernaryKernel.Scalar, TernaryKernels.Supported[0]);
        Assert.Equal(TernaryKernels.Best, new TernaryLinear(One(), []).Kernel);
    }

    [Fact]
    public void AKernelThatTheProcessorLacksIsRefused()
    {
        foreach (TernaryKernel kernel in Enum.GetValues<TernaryKernel>().Except(TernaryKernels.Supported))
            Assert.Throws<PlatformNotSupportedException>(() => new TernaryLinear(One(), [], kernel));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TernaryLinear(One(), [], (TernaryKernel)99));
    }

    [Fact]
    public void WeightsOfTwoDigitsGiveTheSameBitsOnEveryKernel()
    {
        var random = new Random(2);
        var codes = new sbyte[100 * 75];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (sbyte)random.Next(-4, 5);
        TernaryMatrix matrix = TernaryMatrix.FromCodes(codes, 100, 75, [0.5f], digits: 2);
        float[] values = [.. Enumerable.Range(0, 11 * 75).Select(_ => random.NextSingle() - 0.5f)];
        ActivationBlock input = Blocks.Of(75, values);
        float[] expected = Blocks.Forward(new TernaryLinear(matrix, [], TernaryKernel.Scalar), input);

        foreach (TernaryKernel kernel in TernaryKernels.Supported)
            Assert.Equal(expected, Blocks.Forward(new TernaryLinear(matrix, [], kernel), input));
    }

    [Fact]
    public void MatricesOfTwoDigitsConcatenateToo()
    {
        TernaryMatrix a = TernaryMatrix.FromCodes([4, -1, 0, -3], 2, 2, [2f], digits: 2);
        TernaryMatrix b = TernaryMatrix.FromCodes([2, 1], 1, 2, [3f], digits: 2);

        float[] output = Blocks.Forward(new TernaryLinear(TernaryMatrix.Concatenate(a, b), []), Blocks.Of(2, 127, 5));

        Assert.Equal([2 * (4 * 127 - 5), 2 * (-3 * 5), 3 * (2 * 127 + 5)], output);
    }

    [Theory]
    [InlineData(1, 16_909_320)]
    [InlineData(2, 4_227_330)]
    public void MoreInputsThanSumsCanHoldAreRefused(int digits, int most)
    {
        TernaryMatrix matrix = TernaryMatrix.FromPacked(new byte[TernaryMatrix.PackedLength(1, most + 1, digits)], 1, most + 1, new float[1], digits);
        ArgumentException error = Assert.Throws<ArgumentException>(() => new TernaryLinear(matrix, []));
        Assert.Contains(most.ToString(), error.Message);
    }

    [Fact]
    public void DisagreeingShapesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new TernaryLinear(One(), new float[2]));
        var layer = new TernaryLinear(One(), []);
        var output = new LinearOutput(new ActivationBlock(1, 1));
        var workspace = new LinearWorkspace();
        Assert.Throws<ArgumentException>(() => layer.Forward(new ActivationBlock(1, 2), output, workspace));
        Assert.Throws<ArgumentException>(() => layer.Forward(new ActivationBlock(2, 1), output, workspace));
        Assert.Throws<ArgumentException>(() => layer.Forward(new ActivationBlock(1, 1), default, workspace));
        Assert.Throws<ArgumentException>(() => layer.Forward(output.Destination, output, workspace));
        Assert.Throws<ArgumentNullException>(() => new TernaryLinear(null!, []));
        Assert.Throws<ArgumentNullException>(() => layer.Forward(null!, output, workspace));
        Assert.Throws<ArgumentNullException>(() => layer.Forward(new ActivationBlock(1, 1), output, null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.Forward(new ActivationBlock(1, 1), 1, 1, output, workspace));
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.Forward(new ActivationBlock(1, 1), 0, 2, output, workspace));
        Assert.Empty(Blocks.Forward(layer, new ActivationBlock(0, 1)));
    }

    [Fact]
    public void ConcatenatedMatricesComputeWhatEachWouldAlone()
    {
        TernaryMatrix a = TernaryMatrix.FromCodes([1, -1, 0, 1], 2, 2, [2f]);
        TernaryMatrix b = TernaryMatrix.FromCodes([0, 1], 1, 2, [3f]);

        float[] output = Blocks.Forward(new TernaryLinear(TernaryMatrix.Concatenate(a, b), []), Blocks.Of(2, 127, 5));

        Assert.Equal([2 * (127 - 5), 2 * 5, 3 * 5], output);
    }

    [Fact]
    public void InputWithoutInt8IsRefusedWithTheFormItLacks()
    {
        var input = new ActivationBlock(1, 1, ActivationForms.Float32);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Blocks.Forward(new TernaryLinear(One(), []), input));
        Assert.Contains("Int8", error.Message);
    }

    private static TernaryMatrix One() => TernaryMatrix.FromCodes([1], 1, 1, [1f]);
}

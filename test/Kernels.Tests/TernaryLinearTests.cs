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
        var input = new ActivationBlock(11, 75);
        weights.AsSpan(0, 11 * 75).CopyTo(input.Write());
        var expected = new float[11 * 100];
        new TernaryLinear(matrix, [], TernaryKernel.Scalar).Forward(input, expected);

        foreach (TernaryKernel kernel in TernaryKernels.Supported)
        {
            var output = new float[11 * 100];
            new TernaryLinear(matrix, [], kernel).Forward(input, output);
            Assert.Equal(expected, output);
        }
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
    public void TwoDigitsAreRefusedBeforeAnythingIsComputed()
    {
        TernaryMatrix matrix = TernaryMatrix.FromCodes([4], 1, 1, [1f], digits: 2);
        NotSupportedException error = Assert.Throws<NotSupportedException>(() => new TernaryLinear(matrix, []));
        Assert.Contains("2 ternary digits", error.Message);
    }

    [Fact]
    public void DisagreeingShapesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new TernaryLinear(One(), new float[2]));
        var layer = new TernaryLinear(One(), []);
        Assert.Throws<ArgumentException>(() => layer.Forward(new ActivationBlock(1, 2), new float[1]));
        Assert.Throws<ArgumentException>(() => layer.Forward(new ActivationBlock(2, 1), new float[1]));
        Assert.Throws<ArgumentNullException>(() => new TernaryLinear(null!, []));
        Assert.Throws<ArgumentNullException>(() => layer.Forward(null!, new float[1]));
        layer.Forward(new ActivationBlock(0, 1), []);
    }

    [Fact]
    public void ConcatenatedMatricesComputeWhatEachWouldAlone()
    {
        TernaryMatrix a = TernaryMatrix.FromCodes([1, -1, 0, 1], 2, 2, [2f]);
        TernaryMatrix b = TernaryMatrix.FromCodes([0, 1], 1, 2, [3f]);
        var input = new ActivationBlock(1, 2);
        new[] { 127f, 5f }.CopyTo(input.Write());
        var output = new float[3];

        new TernaryLinear(TernaryMatrix.Concatenate(a, b), []).Forward(input, output);

        Assert.Equal([2 * (127 - 5), 2 * 5, 3 * 5], output);
    }

    private static TernaryMatrix One() => TernaryMatrix.FromCodes([1], 1, 1, [1f]);
}

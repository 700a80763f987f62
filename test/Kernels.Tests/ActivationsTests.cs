// Every vectorised function is compared with its definition in double precision, over the range that activations have and far
// beyond it, and its plain form with the same.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Tests;

public class ActivationsTests
{
    private static readonly float[] Inputs =
        [.. Enumerable.Range(-20_003, 40_007).Select(i => i * 5e-4f), 30, -30, 87, -87, 1e4f, -1e4f, 1e30f, -1e30f];

    [Fact]
    public void GeluIsExactToAMillionth() => AssertFunction<GeluFunction>(
        Activations.Gelu, x => 0.5 * x * (1 + ErrorFunction.Erf(x * Math.Sqrt(0.5))), 1e-6);

    [Fact]
    public void GeluTanhIsExactToAMillionth() => AssertFunction<GeluTanhFunction>(
        Activations.GeluTanh, x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), 1e-6);

    [Fact]
    public void ReluIsExact() => AssertFunction<ReluFunction>(Activations.Relu, x => Math.Max(0, x), 0);

    [Fact]
    public void ExpIsExactToTwoTenMillionths()
    {
        float[] inputs = Inputs.Where(x => Math.Abs(x) < 87).ToArray();
        float[] values = [.. inputs];
        Elementwise.ApplyVectors<ExpFunction>(values);
        for (int i = 0; i < inputs.Length; i++)
            Assert.Equal(1, values[i] / Math.Exp(inputs[i]), 2e-7);
    }

    [Fact]
    public void ExpSaturatesInsteadOfOverflowing()
    {
        float[] values = [float.NegativeInfinity, -1e4f, 1e4f, float.PositiveInfinity];
        Elementwise.ApplyVectors<ExpFunction>(values);
        Assert.All(values, value => Assert.True(float.IsFinite(value)));
        Assert.InRange(values[0], 0, 1.3e-38f);
        Assert.InRange(values[3], 2e38f, float.MaxValue);
    }

    [Fact]
    public void TanhAndSigmoidAreTheirDefinitions()
    {
        float[] values = [-3, -0.5f, 0, 0.5f, 3];
        float[] tanh = [.. values], sigmoid = [.. values];
        Activations.Tanh(tanh);
        Activations.Sigmoid(sigmoid);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(Math.Tanh(values[i]), tanh[i], 1e-6);
            Assert.Equal(1 / (1 + Math.Exp(-values[i])), sigmoid[i], 1e-6);
        }
    }

    [Fact]
    public void NaNStaysNaN()
    {
        foreach (Function function in new Function[] { Activations.Gelu, Activations.GeluTanh, Activations.Relu, Activations.Tanh, Activations.Sigmoid })
        {
            float[] values = new float[17];
            values[0] = values[16] = float.NaN;
            function(values);
            Assert.True(float.IsNaN(values[0]) && float.IsNaN(values[16]) && float.IsFinite(values[1]));
        }
    }

    [Fact]
    public void AValueGivesTheSameBitsWhereverItStands()
    {
        foreach (Function function in new Function[] { Activations.Gelu, Activations.GeluTanh, Activations.Relu })
        {
            for (int length = 1; length <= 40; length++)
            {
                float[] values = Enumerable.Repeat(-0.7310586f, length).ToArray();
                function(values);
                Assert.Single(values.Distinct());
                Assert.Equal(values[0], First(function, -0.7310586f));
            }
        }
    }

    private static float First(Function function, float value)
    {
        float[] values = [value];
        function(values);
        return values[0];
    }

    private delegate void Function(Span<float> values);

    private static void AssertFunction<TFunction>(Function function, Func<double, double> definition, double tolerance)
        where TFunction : struct, IElementwiseFunction
    {
        float[] vectors = [.. Inputs], scalar = [.. Inputs];
        function(vectors);
        Elementwise.ApplyScalar<TFunction>(scalar);
        for (int i = 0; i < Inputs.Length; i++)
        {
            double expected = definition(Inputs[i]);
            double allowed = tolerance * Math.Max(1, Math.Abs(expected));
            if (!(Math.Abs(vectors[i] - expected) <= allowed && Math.Abs(scalar[i] - expected) <= allowed))
                Assert.Fail($"f({Inputs[i]}) is {vectors[i]}, in plain form {scalar[i]}, expected {expected}.");
        }
    }
}

// Every vectorised function is compared with its definition in double precision, over the range that activations have and far
// beyond it, and its plain form with the same.
using Microsoft.ML.Ternary.Kernels.Cpu;
using Microsoft.ML.Ternary.Kernels.Cpu.Simd;

namespace Microsoft.ML.Ternary.Kernels.Tests;

public class ActivationsTests
{
    private static readonly float[] Inputs =
        [.. Enumerable.Range(-20_003, 40_007).Select(i => i * 5e-4f), 30, -30, 87, -87, 1e4f, -1e4f, 1e30f, -1e30f];

    [Fact]
    public void GeluIsExactToAMillionth() => AssertFunction<GeluFunction>(
        ActivationFunction.Gelu, x => 0.5 * x * (1 + ErrorFunction.Erf(x * Math.Sqrt(0.5))), 1e-6);

    [Fact]
    public void QuickGeluIsExactToAMillionth() => AssertFunction<QuickGeluFunction>(
        ActivationFunction.QuickGelu, x => x / (1 + Math.Exp(-1.702 * x)), 1e-6);

    [Fact]
    public void GeluTanhIsExactToAMillionth() => AssertFunction<GeluTanhFunction>(
        ActivationFunction.GeluTanh, x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))), 1e-6);

    [Fact]
    public void ReluIsExact() => AssertFunction<ReluFunction>(ActivationFunction.Relu, x => Math.Max(0, x), 0);

    [Fact]
    public void ExpIsExactToTwoTenMillionths()
    {
        float[] inputs = Inputs.Where(x => Math.Abs(x) < 87).ToArray();
        foreach (float[] values in AtEveryWidth<ExpFunction>(inputs))
        {
            for (int i = 0; i < inputs.Length; i++)
                Assert.Equal(1, values[i] / Math.Exp(inputs[i]), 2e-7);
        }
    }

    [Fact]
    public void Exp2IsExactToTwoTenMillionths()
    {
        float[] inputs = Inputs.Where(x => Math.Abs(x) < 126).ToArray();
        foreach (float[] values in AtEveryWidth<Exp2Function>(inputs))
        {
            for (int i = 0; i < inputs.Length; i++)
                Assert.Equal(1, values[i] / Math.Pow(2, inputs[i]), 2e-7);
        }
        Assert.All(AtEveryWidth<Exp2Function>([0, -1, -300, float.NegativeInfinity]), values =>
        {
            Assert.Equal([1f, 0.5f], values[..2]);
            Assert.All(values[2..], value => Assert.InRange(value, 0, 1.3e-38f));
        });
    }

    [Fact]
    public void ExpSaturatesInsteadOfOverflowing()
    {
        foreach (float[] values in AtEveryWidth<ExpFunction>([float.NegativeInfinity, -1e4f, 1e4f, float.PositiveInfinity]))
        {
            Assert.All(values, value => Assert.True(float.IsFinite(value)));
            Assert.InRange(values[0], 0, 1.3e-38f);
            Assert.InRange(values[3], 2e38f, float.MaxValue);
        }
    }

    [Fact]
    public void TanhAndSigmoidAreTheirDefinitions()
    {
        float[] values = [-3, -0.5f, 0, 0.5f, 3];
        float[] tanh = [.. values], sigmoid = [.. values];
        Activations.Apply(ActivationFunction.Tanh, tanh);
        Activations.Apply(ActivationFunction.Sigmoid, sigmoid);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(Math.Tanh(values[i]), tanh[i], 1e-6);
            Assert.Equal(1 / (1 + Math.Exp(-values[i])), sigmoid[i], 1e-6);
        }
    }

    [Fact]
    public void NaNStaysNaN()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            float[] values = new float[17];
            values[0] = values[16] = float.NaN;
            Activations.Apply(function, values);
            Assert.True(float.IsNaN(values[0]) && float.IsNaN(values[16]) && float.IsFinite(values[1]));
        }
    }

    [Fact]
    public void AValueGivesTheSameBitsWhereverItStands()
    {
        foreach (ActivationFunction function in Enum.GetValues<ActivationFunction>())
        {
            for (int length = 1; length <= 40; length++)
            {
                float[] values = Enumerable.Repeat(-0.7310586f, length).ToArray();
                Activations.Apply(function, values);
                Assert.Single(values.Distinct());
                Assert.Equal(values[0], First(function, -0.7310586f));
            }
        }
    }

    [Fact]
    public void AFunctionThatIsNoneIsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Activations.Apply((ActivationFunction)99, new float[1]));

    private static float First(ActivationFunction function, float value)
    {
        float[] values = [value];
        Activations.Apply(function, values);
        return values[0];
    }

    private static void AssertFunction<TFunction>(ActivationFunction function, Func<double, double> definition, double tolerance)
        where TFunction : struct, IElementwiseFunction
    {
        float[] chosen = [.. Inputs];
        Activations.Apply(function, chosen);
        foreach (float[] values in AtEveryWidth<TFunction>(Inputs).Append(chosen))
        {
            for (int i = 0; i < Inputs.Length; i++)
            {
                double expected = definition(Inputs[i]);
                if (!(Math.Abs(values[i] - expected) <= tolerance * Math.Max(1, Math.Abs(expected))))
                    Assert.Fail($"f({Inputs[i]}) is {values[i]}, expected {expected}.");
            }
        }
    }

    /// <summary>The function of every input: in plain form, and in vectors of each width, which .NET computes in narrower ones
    /// where the processor has no such.</summary>
    private static unsafe List<float[]> AtEveryWidth<TFunction>(float[] inputs) where TFunction : struct, IElementwiseFunction
    {
        float[] scalar = [.. inputs], narrow = [.. inputs], middle = [.. inputs], wide = [.. inputs];
        fixed (float* s = scalar, n = narrow, m = middle, w = wide)
        {
            Elementwise.ApplyScalar<TFunction>(s, inputs.Length);
            Elementwise.ApplyVectors<TFunction, Simd128>(n, inputs.Length);
            Elementwise.ApplyVectors<TFunction, Simd256>(m, inputs.Length);
            Elementwise.ApplyVectors<TFunction, Simd512>(w, inputs.Length);
        }
        return [scalar, narrow, middle, wide];
    }
}

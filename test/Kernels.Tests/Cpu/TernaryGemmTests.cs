// One set of tests for every implementation of the ternary product, with weights of one digit and of two: each must give the bits of
// the definition.
using System.Runtime.Intrinsics.X86;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Cpu;

public class ScalarTernaryGemmTests() : ScalarGemmTests(digits: 1);

public class ScalarTwoDigitGemmTests() : ScalarGemmTests(digits: 2);

public class NeonTernaryGemmTests() : NeonGemmTests(digits: 1);

public class NeonTwoDigitGemmTests() : NeonGemmTests(digits: 2);

public class Avx2TernaryGemmTests() : Avx2GemmTests(digits: 1);

public class Avx2TwoDigitGemmTests() : Avx2GemmTests(digits: 2);

public class AvxVnniTernaryGemmTests() : AvxVnniGemmTests(digits: 1);

public class AvxVnniTwoDigitGemmTests() : AvxVnniGemmTests(digits: 2);

public class Avx512TernaryGemmTests() : Avx512GemmTests(digits: 1);

public class Avx512TwoDigitGemmTests() : Avx512GemmTests(digits: 2);

public abstract class ScalarGemmTests(int digits) : TernaryGemmTests(digits)
{
    private protected override TernaryGemm Create(TernaryMatrix matrix, float[] bias) => new ScalarTernaryGemm(matrix, bias);
}

// Runs everywhere: the class has a portable form of each Arm instruction.
public abstract class NeonGemmTests(int digits) : TernaryGemmTests(digits)
{
    private protected override TernaryGemm Create(TernaryMatrix matrix, float[] bias) => new NeonTernaryGemm(matrix, bias);
}

public abstract class Avx2GemmTests : TernaryGemmTests
{
    protected Avx2GemmTests(int digits)
        : base(digits) => Assert.SkipUnless(TernaryKernels.IsSupported(TernaryKernel.Avx2), "This processor has no AVX2.");

    private protected override TernaryGemm Create(TernaryMatrix matrix, float[] bias) => new Avx2TernaryGemm<PairProductSums>(matrix, bias);
}

public abstract class AvxVnniGemmTests : TernaryGemmTests
{
    protected AvxVnniGemmTests(int digits)
        : base(digits) => Assert.SkipUnless(AvxVnni.IsSupported, "This processor has no AVX-VNNI.");

    private protected override TernaryGemm Create(TernaryMatrix matrix, float[] bias) => new Avx2TernaryGemm<DotProductSums>(matrix, bias);
}

// Runs everywhere: where the processor has no AVX-512, .NET computes the same vectors in narrower ones.
public abstract class Avx512GemmTests(int digits) : TernaryGemmTests(digits)
{
    private protected override TernaryGemm Create(TernaryMatrix matrix, float[] bias) =>
        matrix.Digits == 1 ? new Avx512TernaryGemm(matrix, bias) : new Avx512TwoDigitGemm(matrix, bias);
}

public abstract class TernaryGemmTests(int digits)
{
    private readonly int _largest = digits == 1 ? 1 : 4;

    private protected abstract TernaryGemm Create(TernaryMatrix matrix, float[] bias);

    [Fact]
    public void ComputesScaledSumsAndBias()
    {
        sbyte largest = (sbyte)_largest;
        TernaryMatrix matrix = TernaryMatrix.FromCodes([largest, -1, 0, 0, 1, (sbyte)-largest], 2, 3, [2f, 0.5f], digits);

        // Codes 127, 64, -127 with scale 1: halves are avoided, so the quantised values are the values.
        float[] output = Multiply(Create(matrix, [10f, -1f]), Blocks.Of(3, 127, 64, -127), 2);

        // 2 (127 - 64) + 10 and .5 (64 + 127) - 1; with codes of 4, 2 (508 - 64) + 10 and .5 (64 + 508) - 1.
        Assert.Equal(digits == 1 ? [136f, 94.5f] : [898f, 285f], output);
    }

    [Fact]
    public void EveryCodeCountsAsItself()
    {
        sbyte[] codes = [.. Enumerable.Range(-_largest, 2 * _largest + 1).Select(code => (sbyte)code)];
        TernaryMatrix matrix = TernaryMatrix.FromCodes(codes, codes.Length, 1, [1f], digits);

        float[] output = Multiply(Create(matrix, new float[codes.Length]), Blocks.Of(1, 127), codes.Length);

        Assert.Equal([.. codes.Select(code => 127f * code)], output);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(7, 8)]
    [InlineData(8, 9)]
    [InlineData(9, 10)]
    [InlineData(15, 16)]
    [InlineData(16, 17)]
    [InlineData(17, 63)]
    [InlineData(31, 64)]
    [InlineData(33, 65)]
    [InlineData(36, 50)]
    [InlineData(95, 251)]
    [InlineData(96, 252)]
    [InlineData(97, 253)]
    [InlineData(100, 255)]
    [InlineData(50, 256)]
    [InlineData(49, 257)]
    [InlineData(1, 513)]
    [InlineData(193, 1)]
    public void EveryNumberOfRowsGivesTheBitsOfTheDefinition(int outputs, int inputs)
    {
        var random = new Random(outputs * 1000 + inputs);
        TernaryMatrix matrix = RandomMatrix(random, outputs, inputs);
        float[] bias = RandomValues(random, outputs);
        TernaryGemm gemm = Create(matrix, bias);
        ActivationBlock all = RandomBlock(random, 17, inputs);
        float[] expected = Definition(matrix, bias, all);
        for (int rows = 1; rows <= 17; rows++)
        {
            ActivationBlock input = Blocks.Of(inputs, all.Values[..(rows * inputs)]);
            Assert.True(expected.AsSpan(0, rows * outputs).SequenceEqual(Multiply(gemm, input, outputs)), $"{rows} rows");
        }
    }

    [Fact]
    public void ManyRowsGiveTheBitsOfTheDefinition()
    {
        var random = new Random(1);
        TernaryMatrix matrix = RandomMatrix(random, 20, 40);
        float[] bias = RandomValues(random, 20);
        ActivationBlock input = RandomBlock(random, 211, 40);

        Assert.Equal(Definition(matrix, bias, input), Multiply(Create(matrix, bias), input, 20));
    }

    [Theory]
    [InlineData(127f, 1, 1536)]
    [InlineData(127f, -1, 1536)]
    [InlineData(-127f, 1, 1536)]
    [InlineData(-127f, -1, 1536)]
    [InlineData(127f, 1, 16411)]
    [InlineData(-127f, 1, 16411)]
    public void TheLargestSumsDoNotOverflow(float activation, int sign, int inputs)
    {
        int code = sign * _largest;
        sbyte[] codes = Enumerable.Repeat((sbyte)code, 97 * inputs).ToArray();
        TernaryMatrix matrix = TernaryMatrix.FromCodes(codes, 97, inputs, [1f], digits);
        foreach (int rows in new[] { 1, 8 })
        {
            ActivationBlock input = Blocks.Of(inputs, [.. Enumerable.Repeat(activation, rows * inputs)]);
            float[] output = Multiply(Create(matrix, new float[97]), input, 97);
            Assert.All(output, sum => Assert.Equal(activation * code * inputs, sum));
        }
    }

    // Lanes of vectors that add up different inputs then hold the largest sums of opposite signs.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void LargestSumsOfOppositeSignsCancel(int period)
    {
        const int Inputs = 1536;
        sbyte[] codes = [.. Enumerable.Range(0, 49 * Inputs).Select(i => (sbyte)(i / period % 2 == 0 ? _largest : -_largest))];
        TernaryMatrix matrix = TernaryMatrix.FromCodes(codes, 49, Inputs, [1f], digits);
        foreach (int rows in new[] { 1, 6, 8 })
        {
            float[] values = [.. Enumerable.Repeat(-127f, rows * Inputs)];
            float[] output = Multiply(Create(matrix, new float[49]), Blocks.Of(Inputs, values), 49);
            Assert.All(output, sum => Assert.Equal(0, sum));
        }
    }

    [Fact]
    public void RowsOfZerosGiveTheBias()
    {
        TernaryMatrix matrix = RandomMatrix(new Random(2), 19, 33);
        float[] bias = RandomValues(new Random(3), 19);

        float[] output = Multiply(Create(matrix, bias), Blocks.Of(33, new float[3 * 33]), 19);

        Assert.Equal([.. bias, .. bias, .. bias], output);
    }

    [Fact]
    public void ARowThatIsNotFiniteSpoilsOnlyItself()
    {
        TernaryMatrix matrix = RandomMatrix(new Random(2), 3, 40);
        foreach (float fault in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            float[] values = [.. Enumerable.Repeat(1f, 80)];
            values[5] = fault;

            float[] output = Multiply(Create(matrix, new float[3]), Blocks.Of(40, values), 3);

            Assert.All(output[..3], value => Assert.True(float.IsNaN(value)));
            Assert.All(output[3..], value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void NothingIsAllocatedAfterTheFirstCall()
    {
        ActivationBlock input = RandomBlock(new Random(4), 9, 100);
        TernaryGemm gemm = Create(RandomMatrix(new Random(5), 97, 100), new float[97]);
        var output = new LinearOutput(new ActivationBlock(9, 97));
        var workspace = new LinearWorkspace();
        gemm.Multiply(input, 0, 9, output, workspace);

        long before = GC.GetAllocatedBytesForCurrentThread();
        gemm.Multiply(input, 1, 8, output, workspace);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void OnlyTheRowsAskedForAreWritten()
    {
        ActivationBlock input = RandomBlock(new Random(6), 20, 50);
        TernaryGemm gemm = Create(RandomMatrix(new Random(7), 40, 50), new float[40]);
        float[] all = Multiply(gemm, input, 40);
        var output = new ActivationBlock(20, 40, ActivationForms.Float32);
        output.Values.Fill(-1);

        gemm.Multiply(input, 3, 10, new LinearOutput(output), new LinearWorkspace());

        Assert.All(output.Values[..120].ToArray(), value => Assert.Equal(-1, value));
        Assert.Equal(all[120..520], output.Values[120..520].ToArray());
        Assert.All(output.Values[520..].ToArray(), value => Assert.Equal(-1, value));
    }

    [Theory]
    [InlineData(5, 20, 30)]
    [InlineData(11, 97, 100)]
    [InlineData(9, 33, 700)]
    public void RowsPassThroughFunctionResidualNormAndRoundingAsOneByOne(int rows, int outputs, int inputs)
    {
        var random = new Random(rows);
        ActivationBlock input = RandomBlock(random, rows, inputs), residual = RandomBlock(random, rows, outputs);
        float[] gain = RandomValues(random, outputs), bias = RandomValues(random, outputs);
        TernaryGemm gemm = Create(RandomMatrix(random, outputs, inputs), RandomValues(random, outputs));
        float[] expected = Multiply(gemm, input, outputs);
        Activations.Apply(ActivationFunction.Gelu, expected);
        Normalization.LayerNorm(expected, residual.Values, gain, bias, 1e-5f);
        ActivationBlock expectedCodes = Blocks.Of(outputs, expected);

        foreach (ActivationForms forms in new[] { ActivationForms.Float32, ActivationForms.Int8, ActivationForms.Float32 | ActivationForms.Int8 })
        {
            var output = new ActivationBlock(rows, outputs, forms);
            gemm.Multiply(input, 0, rows, new LinearOutput(output)
            {
                Function = ActivationFunction.Gelu,
                Residual = residual,
                Norm = new LayerNorm(gain, bias, 1e-5f),
            }, new LinearWorkspace());

            if (forms.HasFlag(ActivationForms.Float32))
                Assert.Equal(expected, output.Values.ToArray());
            if (forms.HasFlag(ActivationForms.Int8))
                AssertSameCodes(expectedCodes, output);
        }
    }

    [Fact]
    public void TheSumBeforeTheNormIsKeptWhereItIsWanted()
    {
        const int Rows = 11, Outputs = 33, Inputs = 70;
        var random = new Random(1);
        ActivationBlock input = RandomBlock(random, Rows, Inputs), stream = RandomBlock(random, Rows, Outputs);
        float[] gain = RandomValues(random, Outputs), bias = RandomValues(random, Outputs);
        TernaryGemm gemm = Create(RandomMatrix(random, Outputs, Inputs), RandomValues(random, Outputs));
        float[] sum = [.. Multiply(gemm, input, Outputs).Zip(stream.Values.ToArray(), (product, residual) => product + residual)];
        float[] normalized = [.. sum];
        Normalization.LayerNorm(normalized, gain, bias, 1e-5f);

        foreach (ActivationForms forms in new[] { ActivationForms.Float32, ActivationForms.Int8, ActivationForms.Float32 | ActivationForms.Int8 })
        {
            // The residual stream goes on in place, as in encoders whose norms come first.
            ActivationBlock running = Blocks.Of(Outputs, stream.Values.ToArray());
            var output = new ActivationBlock(Rows, Outputs, forms);
            gemm.Multiply(input, 0, Rows, new LinearOutput(output) { Residual = running, Sum = running, Norm = new LayerNorm(gain, bias, 1e-5f) }, new LinearWorkspace());
            Assert.Equal(sum, running.Values.ToArray());
            if (forms.HasFlag(ActivationForms.Float32))
                Assert.Equal(normalized, output.Values.ToArray());
            if (forms.HasFlag(ActivationForms.Int8))
                AssertSameCodes(Blocks.Of(Outputs, normalized), output);
        }
    }

    private static unsafe void AssertSameCodes(ActivationBlock expected, ActivationBlock actual)
    {
        for (int row = 0; row < expected.Rows; row++)
        {
            Assert.True(new ReadOnlySpan<sbyte>(expected.CodesOf(row), expected.CodeStride).SequenceEqual(new(actual.CodesOf(row), actual.CodeStride)));
            Assert.Equal(*expected.ScalesOf(row), *actual.ScalesOf(row));
            Assert.Equal(*expected.SumsOf(row), *actual.SumsOf(row));
        }
    }

    [Property(MaxTest = 30)]
    public Property NegatedWeightsNegateTheOutput() => Prop.ForAll(Cases(), given =>
    {
        (int rows, int outputs, int inputs, int seed) = given;
        var random = new Random(seed);
        var codes = new sbyte[outputs * inputs];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (sbyte)random.Next(-_largest, _largest + 1);
        ActivationBlock input = RandomBlock(random, rows, inputs);
        float[] plain = Multiply(Create(TernaryMatrix.FromCodes(codes, outputs, inputs, [1f], digits), new float[outputs]), input, outputs);
        sbyte[] negatedCodes = Array.ConvertAll(codes, code => (sbyte)-code);
        float[] negated = Multiply(Create(TernaryMatrix.FromCodes(negatedCodes, outputs, inputs, [1f], digits), new float[outputs]), input, outputs);
        return plain.Zip(negated).All(pair => pair.First == -pair.Second);
    });

    [Property(MaxTest = 30)]
    public Property LayersOfAnyShapeGiveTheBitsOfTheDefinition() => Prop.ForAll(Cases(), given =>
    {
        (int rows, int outputs, int inputs, int seed) = given;
        var random = new Random(seed);
        TernaryMatrix matrix = RandomMatrix(random, outputs, inputs);
        float[] bias = RandomValues(random, outputs);
        ActivationBlock input = RandomBlock(random, rows, inputs);
        return Definition(matrix, bias, input).AsSpan().SequenceEqual(Multiply(Create(matrix, bias), input, outputs));
    });

    [Property(MaxTest = 30)]
    public Property RowsDoNotDependOnTheirNeighbours() => Prop.ForAll(Cases(), given =>
    {
        (int rows, int outputs, int inputs, int seed) = given;
        var random = new Random(seed);
        TernaryGemm gemm = Create(RandomMatrix(random, outputs, inputs), RandomValues(random, outputs));
        ActivationBlock input = RandomBlock(random, rows, inputs);
        float[] together = Multiply(gemm, input, outputs);
        for (int row = 0; row < rows; row++)
        {
            ActivationBlock one = Blocks.Of(inputs, input.Values.Slice(row * inputs, inputs));
            if (!together.AsSpan(row * outputs, outputs).SequenceEqual(Multiply(gemm, one, outputs)))
                return false;
        }
        return true;
    });

    private static Arbitrary<(int Rows, int Outputs, int Inputs, int Seed)> Cases()
    {
        Gen<(int, int, int, int)> cases =
            from rows in Gen.Choose(1, 13)
            from outputs in Gen.Choose(1, 110)
            from inputs in Gen.Choose(1, 70)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select (rows, outputs, inputs, seed);
        return Arb.From(cases);
    }

    private static float[] Multiply(TernaryGemm gemm, ActivationBlock input, int outputs)
    {
        var output = new ActivationBlock(input.Rows, outputs, ActivationForms.Float32);
        gemm.Multiply(input, 0, input.Rows, new LinearOutput(output), new LinearWorkspace());
        return output.Values.ToArray();
    }

    /// <summary>The definition, in long sums and one fused multiply-add.</summary>
    private static float[] Definition(TernaryMatrix matrix, float[] bias, ActivationBlock input)
    {
        var output = new float[input.Rows * matrix.Rows];
        var activations = new sbyte[matrix.Columns];
        var weights = new sbyte[matrix.Columns];
        for (int m = 0; m < input.Rows; m++)
        {
            float scale = Int8Quantizer.Quantize(input.Values.Slice(m * matrix.Columns, matrix.Columns), activations);
            for (int n = 0; n < matrix.Rows; n++)
            {
                matrix.UnpackRow(n, weights);
                long sum = 0;
                for (int k = 0; k < weights.Length; k++)
                    sum += activations[k] * weights[k];
                output[m * matrix.Rows + n] = MathF.FusedMultiplyAdd(sum, matrix.Scale(n) * scale, bias[n]);
            }
        }
        return output;
    }

    private static ActivationBlock RandomBlock(Random random, int rows, int columns) => Blocks.Of(columns, RandomValues(random, rows * columns));

    private TernaryMatrix RandomMatrix(Random random, int rows, int columns)
    {
        var codes = new sbyte[rows * columns];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (sbyte)random.Next(-_largest, _largest + 1);
        return TernaryMatrix.FromCodes(codes, rows, columns, RandomValues(random, rows), digits);
    }

    private static float[] RandomValues(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = random.NextSingle() * 4 - 2;
        return values;
    }
}

using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Tests.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class TernaryTrainableTests
{
    public static TheoryData<TernaryScaling, int> Scalings => new()
    {
        { TernaryScaling.PerRow(), 1 },
        { TernaryScaling.PerMatrix(), 1 },
        { TernaryScaling.PerMatrix(3), 1 },
        { TernaryScaling.PerRow(), 2 },
        { TernaryScaling.PerMatrix(), 2 },
    };

    [Theory]
    [MemberData(nameof(Scalings))]
    public void TheLeafHoldsWhatTheKernelsWouldPack(TernaryScaling scaling, int digits)
    {
        float[] weights = RandomValues(7 * 19, seed: 3);
        using var trainable = new TernaryTrainable("w", weights, 7, 19, scaling, digits, ScalarType.Float32, CPU);
        TernaryMatrix expected = TernaryMatrix.Ternarize(weights, 7, 19, scaling, digits);

        TernaryMatrix packed = trainable.ToMatrix();

        Assert.Equal(expected.Packed.ToArray(), packed.Packed.ToArray());
        Assert.Equal(expected.Scales.Length, packed.Scales.Length);
        float[] leaf = trainable.Leaf.data<float>().ToArray();
        var codes = new sbyte[19];
        for (int row = 0; row < 7; row++)
        {
            packed.UnpackRow(row, codes);
            Assert.Equal(expected.Scale(row), packed.Scale(row), 1e-6f);
            for (int column = 0; column < 19; column++)
                Assert.Equal(codes[column] * packed.Scale(row), leaf[row * 19 + column]);
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-6f)]
    [InlineData(ScalarType.BFloat16, 0.02f)]
    public void TheGradientPassesStraightThroughToTheWeights(ScalarType type, float tolerance)
    {
        // y = x W^T with L = sum(g y): dL/dW = g^T x, whatever the codes of W are.
        using DisposeScope scope = NewDisposeScope();
        using var trainable = new TernaryTrainable("w", RandomValues(4 * 6, seed: 5), 4, 6, TernaryScaling.PerRow(), 1, type, CPU);
        Tensor x = tensor(RandomValues(5 * 6, seed: 6), [5, 6]);
        Tensor g = tensor(RandomValues(5 * 4, seed: 7), [5, 4]);
        Tensor y = nn.functional.linear(x.to(type), trainable.Leaf).to(ScalarType.Float32);
        if (type != ScalarType.Float32)
            y *= trainable.ScaleTensor;
        (y * g).sum().backward();

        using Tensor gradient = trainable.TakeGradient()!;

        Tensor expected = g.t().matmul(x);
        Assert.InRange((gradient - expected).abs().max().item<float>(), 0, tolerance * expected.abs().max().item<float>());
        Assert.Null(trainable.TakeGradient());
    }

    [Fact]
    public void AdamTakesTheStepsOfLibtorchsAdam()
    {
        using DisposeScope scope = NewDisposeScope();
        float[] start = RandomValues(37, seed: 8);
        using var ours = new Trainable("v", start, [37], ScalarType.Float32, CPU);
        ours.Publish();
        var theirs = new TorchSharp.Modules.Parameter(tensor((float[])start.Clone()).clone());
        TernaryRecipe recipe = TernaryRecipe.Default with { GradientClipping = 0 };
        var adam = optim.Adam([theirs], lr: 0.01, beta1: recipe.Beta1, beta2: recipe.Beta2, eps: recipe.Epsilon);
        for (int step = 1; step <= 20; step++)
        {
            ours.Leaf.pow(3).sum().backward();
            AdamStep.Run([ours], recipe, 0.01, step, threads: 1);
            adam.zero_grad();
            theirs.pow(3).sum().backward();
            adam.step();
        }
        Assert.InRange((ours.Leaf - theirs).abs().max().item<float>(), 0, 1e-5f);
    }

    [Fact]
    public void ClippingScalesTheGradientOfAllTrainablesTogether()
    {
        // Gradients 3 and 4 have norm 5; clipped to 1 they are 0.6 and 0.8. Adam's first moment after one step is 0.1 of them.
        using var a = new Trainable("a", [0], [1], ScalarType.Float32, CPU);
        using var b = new Trainable("b", [0], [1], ScalarType.Float32, CPU);
        (a.Leaf * 3 + b.Leaf * 4).sum().backward();
        double norm = AdamStep.Run([a, b], TernaryRecipe.Default with { GradientClipping = 1 }, 0.001, 1, threads: 1);
        Assert.Equal(5, norm, 1e-6);
        Assert.Equal(0.06f, a.FirstMoment[0], 1e-6f);
        Assert.Equal(0.08f, b.FirstMoment[0], 1e-6f);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void ARampBlendsWeightsAndTheirTernaryForm(ScalarType type)
    {
        // Mean magnitude 2, threshold 1.5: codes 1, -1, 0, 0 with scale 3; a row of zeros has none.
        float[] weights = [4, -2, 1, 1, 0, 0, 0, 0];
        using var trainable = new TernaryTrainable("w", weights, 2, 4, TernaryScaling.PerRow(), 1, type, CPU);
        float scale = type == ScalarType.Float32 ? 1 : 3;
        Assert.Equal([3 / scale, -3 / scale, 0, 0, 0, 0, 0, 0], Leaf());
        trainable.TernaryShare = 0.25f;
        VectorAssert.Close([0.75f + 3, -0.75f - 1.5f, 0.75f, 0.75f, 0, 0, 0, 0], Leaf().Select(value => value * scale).ToArray(), 0.02f);
        trainable.TernaryShare = 0;
        VectorAssert.Close(weights, Leaf().Select(value => value * scale).ToArray(), 0.02f);
        // What is exported is ternary at any time.
        Assert.Equal(3, trainable.ToMatrix().Scale(0));
        trainable.TernaryShare = 1;
        Assert.Equal([3 / scale, -3 / scale, 0, 0, 0, 0, 0, 0], Leaf());

        float[] Leaf() => trainable.Leaf.to(ScalarType.Float32).data<float>().ToArray();
    }

    [Fact]
    public void AMatrixWithLearnedScalesBeginsAsOneWithout()
    {
        float[] weights = RandomValues(7 * 19, seed: 3);
        using var plain = new TernaryTrainable("w", weights, 7, 19, TernaryScaling.PerRow(), 1, ScalarType.Float32, CPU);
        using var learned = new TernaryTrainable("w", weights, 7, 19, TernaryScaling.PerRow(), 1, ScalarType.Float32, CPU, learnedScales: true);
        Assert.Equal(plain.Leaf.data<float>().ToArray(), learned.Leaf.data<float>().ToArray());
    }

    [Theory]
    [InlineData(true, 1f)]
    [InlineData(true, 0.4f)]
    [InlineData(false, 1f)]
    public void TheGradientOfAGainIsThatOfFiniteDifferences(bool perRow, float ternaryShare)
    {
        using DisposeScope scope = NewDisposeScope();
        TernaryScaling scaling = perRow ? TernaryScaling.PerRow() : TernaryScaling.PerMatrix();
        using var trainable = new TernaryTrainable("w", RandomValues(3 * 8, seed: 5), 3, 8, scaling, 1, ScalarType.Float32, CPU, learnedScales: true) { TernaryShare = ternaryShare };
        Tensor upstream = tensor(RandomValues(3 * 8, seed: 6), [3, 8]);
        ScaleGains gains = trainable.Gains!;
        Assert.Equal(perRow ? 3 : 1, gains.Values.Length);
        gains.Values[0] = 1.25f;
        trainable.Publish();
        (trainable.Leaf * upstream).sum().backward();
        trainable.TakeGradient()!.Dispose();
        float gradient = gains.TakeGradient()![0].item<float>();
        Assert.Null(gains.TakeGradient());

        float Loss(float gain)
        {
            gains.Values[0] = gain;
            gains.Publish();
            return (trainable.Leaf * upstream).sum().item<float>();
        }
        Assert.Equal((Loss(1.75f) - Loss(0.75f)) / 1, gradient, 1e-4f);
        Assert.NotEqual(0, gradient);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CodesHaveTheGainsThatValuesHave(bool leafTakesValueGradient)
    {
        // The gradient of a leaf of codes counts the scale once more, unless the layer has taken it out.
        using DisposeScope scope = NewDisposeScope();
        float[] weights = [4, -2, 1, 1];
        using var trainable = new TernaryTrainable("w", weights, 1, 4, TernaryScaling.PerRow(), 1, ScalarType.BFloat16, CPU, learnedScales: true)
        { LeafTakesValueGradient = leafTakesValueGradient };
        Tensor upstream = tensor(new float[] { 1, 2, 4, 8 }, [1, 4]).to(ScalarType.BFloat16);
        (trainable.Leaf * upstream * (leafTakesValueGradient ? 1 : 3)).sum().backward();
        trainable.TakeGradient()!.Dispose();
        Assert.Equal(3 * (1 - 2), trainable.Gains!.TakeGradient()![0].item<float>(), 0.01f);
    }

    [Fact]
    public void GainsMoveWithTheirMatrixAndScaleWhatIsExported()
    {
        using DisposeScope scope = NewDisposeScope();
        using var trainable = new TernaryTrainable("w", [4, -2, 1, 1], 1, 4, TernaryScaling.PerRow(), 1, ScalarType.Float32, CPU, learnedScales: true);
        (trainable.Leaf * tensor(new float[] { 1, 0, 0, 0 }, [1, 4])).sum().backward();
        AdamStep.Run([trainable, trainable.Gains!], TernaryRecipe.Default, 0.01, 1, threads: 2);
        Assert.Equal(0.99f, trainable.Gains!.Values[0], 1e-5f);
        // The first weight moved to 3.99 too: the scale is the mean of it and 2, times the gain.
        Assert.Equal(0.99f * 2.995f, trainable.ToMatrix().Scale(0), 1e-4f);
        Assert.Equal(0.99f * 2.995f, trainable.Leaf.data<float>().ToArray()[0], 1e-4f);
    }

    [Fact]
    public void WeightsDecayByTheRateTimesTheirShare()
    {
        using DisposeScope scope = NewDisposeScope();
        using var matrix = new TernaryTrainable("w", [4, -2, 1, 1], 1, 4, TernaryScaling.PerRow(), 1, ScalarType.Float32, CPU);
        using var bias = new Trainable("b", [4], [1], ScalarType.Float32, CPU);
        ((matrix.Leaf.sum() + bias.Leaf.sum()) * 0).backward();
        AdamStep.Run([matrix, bias], TernaryRecipe.Default with { WeightDecay = 0.5 }, 0.1, 1, threads: 1);
        VectorAssert.Close([3.8f, -1.9f, 0.95f, 0.95f], matrix.Values, 1e-6f);
        Assert.Equal(4, bias.Values[0]);
    }

    [Fact]
    public void Int8RoundingMovesEveryActivationToItsNearestCode()
    {
        using DisposeScope scope = NewDisposeScope();
        // Row 1: scale 1, so x + offset is x rounded half to even. Row 2 is zero and stays zero.
        Tensor x = tensor(new float[] { 127, -3.4f, 2.5f, 3.5f, -0.5f, 0, 0, 0, 0, 0 }, [2, 5]);
        float[] rounded = (x + Int8Rounding.Offset(x)).data<float>().ToArray();
        Assert.Equal([127, -3, 2, 4, 0, 0, 0, 0, 0, 0], rounded);

        Tensor wide = randn(4, 33);
        Tensor scales = Int8Rounding.Scales(wide);
        Tensor expected = (wide / scales).round() * scales;
        Assert.InRange((wide + Int8Rounding.Offset(wide) - expected).abs().max().item<float>(), 0, 1e-5f);
    }

    private static float[] RandomValues(int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1)).ToArray();
    }
}

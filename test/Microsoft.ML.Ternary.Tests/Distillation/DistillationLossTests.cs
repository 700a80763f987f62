using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class DistillationLossTests
{
    private const double E = Math.E;

    // A text of two tokens whose hidden states have two components, two layers: the differences are 1 in the first, 2 in the second.
    private static readonly float[] Zeros = new float[4], Ones = [1, 1, 1, 1], Twos = [2, 2, 2, 2], Unit = [1, 0];

    public static TheoryData<string> Losses =>
    [
        "HiddenStateLayers=all", "HiddenStateLoss=MeanSquaredError", "AttentionLoss=Relations", "AttentionLoss=Scores", "AttentionLayers=1/2;AttentionLoss=Relations",
        "SimilarityLoss=KullbackLeibler", "SimilarityLoss=SquaredError", "MatryoshkaWeight=1;MatryoshkaComponents=2/3",
    ];

    [Theory]
    [InlineData("last", 4)]
    [InlineData("all", 2.5)]
    [InlineData("3/1", 1.75)]
    public void HiddenStatesCountByTheSharesOfTheirLayers(string layers, double expected)
    {
        using DisposeScope scope = NewDisposeScope();
        TernaryRecipe recipe = TernaryRecipe.Default with
        { HiddenStateLoss = HiddenStateLoss.MeanSquaredError, HiddenStateLayers = LayerWeights.Parse(layers), EmbeddingCosineWeight = 0 };
        // Teacher: zeros in both layers. Student: ones, then twos.
        Tensor loss = new DistillationLoss(recipe, 2, 2).Of(Hidden(Ones, Twos), Hidden(Zeros, Zeros), ones(1, 2), 1, 1);
        Assert.Equal(expected, loss.item<float>(), 1e-6);
    }

    [Fact]
    public void WeightsAndSharesOfPartsMultiplyLosses()
    {
        using DisposeScope scope = NewDisposeScope();
        TernaryRecipe recipe = TernaryRecipe.Default with { HiddenStateLoss = HiddenStateLoss.MeanSquaredError, HiddenStateWeight = 3, EmbeddingCosineWeight = 5 };
        TorchTrace student = Hidden(Zeros, Twos) with { Embedding = tensor(new float[] { 0, 1 }, [1, 2]) };
        // 3 x 4 of hidden states times their share, 5 x (1 - 0) of embeddings times theirs.
        Tensor loss = new DistillationLoss(recipe, 2, 2).Of(student, Hidden(Zeros, Zeros), ones(1, 2), 0.5, 0.25);
        Assert.Equal(3 * 4 * 0.5 + 5 * 0.25, loss.item<float>(), 1e-5);
    }

    [Fact]
    public void RelationsAreComparedByTheDivergenceOfTheirSoftmaxes()
    {
        using DisposeScope scope = NewDisposeScope();
        // One head of size 1. The teacher's tokens are 1 and 0, so its first token relates to itself with e / (e + 1); the student's are 0,
        // and relate to both alike. The second token's relations agree, and of queries, keys and values only queries differ.
        Tensor teacher = tensor(new float[] { 1, 0 }, [1, 1, 2, 1]), student = zeros(1, 1, 2, 1);
        double p = E / (E + 1), divergence = p * Math.Log(2 * p) + (1 - p) * Math.Log(2 * (1 - p));
        Tensor loss = AttentionLosses.Of(AttentionLoss.Relations, new(student, student, student), new(teacher, student, student), ones(1, 2));
        Assert.Equal(divergence / 2 / 3, loss.item<float>(), 1e-6);
    }

    [Fact]
    public void ScoresAreComparedByTheirSquaredDifferences()
    {
        using DisposeScope scope = NewDisposeScope();
        // Size of a head 4, so scores are halves of products. Queries of both tokens are (2, 0, 0, 0); keys of the teacher are (3, 0, 0, 0)
        // and (1, 0, 0, 0), of the student zero: differences 3 and 1 for both queries.
        Tensor query = tensor(new float[] { 2, 0, 0, 0, 2, 0, 0, 0 }, [1, 1, 2, 4]);
        Tensor key = tensor(new float[] { 3, 0, 0, 0, 1, 0, 0, 0 }, [1, 1, 2, 4]);
        Tensor loss = AttentionLosses.Of(AttentionLoss.Scores, new(query, zeros_like(key), query), new(query, key, query), ones(1, 2));
        Assert.Equal((9 + 1 + 9 + 1) / 4.0, loss.item<float>(), 1e-6);
    }

    [Fact]
    public void SimilaritiesLeaveEachTextItself()
    {
        using DisposeScope scope = NewDisposeScope();
        // Teacher: two texts alike, one at right angles. Student: all alike, at any length.
        Tensor teacher = tensor(new float[] { 1, 0, 1, 0, 0, 1 }, [3, 2]), student = tensor(new float[] { 1, 1, 2, 2, 3, 3 }, [3, 2]);
        // Four of six pairs differ by 1.
        Assert.Equal(4 / 6.0, EmbeddingLosses.Similarity(SimilarityLoss.SquaredError, student, teacher, 1).item<float>(), 1e-6);
        // At temperature 1 the first two prefer each other, e to 1; the student and the third text prefer none.
        double p = E / (E + 1), divergence = p * Math.Log(2 * p) + (1 - p) * Math.Log(2 * (1 - p));
        Assert.Equal(2 * divergence / 3, EmbeddingLosses.Similarity(SimilarityLoss.KullbackLeibler, student, teacher, 1).item<float>(), 1e-6);
    }

    [Fact]
    public void PrefixesAreComparedAsIfNothingFollowed()
    {
        using DisposeScope scope = NewDisposeScope();
        // The first component agrees; the first two are at 45 degrees; all three are not looked at.
        Tensor teacher = tensor(new float[] { 1, 0, 9 }, [1, 3]), student = tensor(new float[] { 2, 2, -9 }, [1, 3]);
        Assert.Equal((0 + (1 - Math.Sqrt(0.5))) / 2, EmbeddingLosses.Prefixes(student, teacher, [1, 2]).item<float>(), 1e-6);
    }

    [Fact]
    public void AnEmbeddingIsRoundedForwardAndNotBackward()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor embedding = tensor(new float[] { 3, -1, 2, 0 }, [1, 4]).requires_grad_();
        Tensor upstream = tensor(new float[] { 1, 2, 3, 4 }, [1, 4]);
        Tensor rounded = EmbeddingLosses.Rounded(embedding, EmbeddingForm.Binary);
        Assert.Equal([1.5f, -1.5f, 1.5f, 1.5f], rounded.data<float>().ToArray());
        (rounded * upstream).sum().backward();
        Assert.Equal([1f, 2f, 3f, 4f], embedding.grad!.data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void AStudentThatIsItsTeacherLosesNothing(string settings)
    {
        using DisposeScope scope = NewDisposeScope();
        (TorchTrace trace, Tensor mask) = Random(seed: 1);
        Assert.Equal(0, Loss(settings).Of(trace, trace, mask, 1, 1).item<double>(), 1e-6);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void PaddingCountsForNothing(string settings)
    {
        using DisposeScope scope = NewDisposeScope();
        (TorchTrace teacher, Tensor mask) = Random(seed: 1);
        (TorchTrace student, _) = Random(seed: 2);
        double expected = Loss(settings).Of(student, teacher, mask, 1, 1).item<double>();
        Tensor absent = 1 - mask;
        Tensor Noise(Tensor hidden) => hidden + absent.unsqueeze(-1) * 3;
        Tensor NoiseOfHeads(Tensor heads) => heads + absent.unsqueeze(1).unsqueeze(-1) * 3;
        TorchTrace noisy = student with
        {
            Hidden = [.. student.Hidden.Select(Noise)],
            Attention = [.. student.Attention.Select(layer => new AttentionStates(NoiseOfHeads(layer.Query), NoiseOfHeads(layer.Key), NoiseOfHeads(layer.Value)))],
        };
        Assert.Equal(expected, Loss(settings).Of(noisy, teacher, mask, 1, 1).item<double>(), 1e-6);
        Assert.True(expected > 0.01);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void GradientsAreThoseOfFiniteDifferences(string settings)
    {
        using DisposeScope scope = NewDisposeScope();
        (TorchTrace teacher, Tensor mask) = Random(seed: 1);
        (TorchTrace student, _) = Random(seed: 2);
        Tensor[] inputs = [.. student.Hidden, .. student.Attention.SelectMany(layer => new[] { layer.Query, layer.Key, layer.Value }), student.Embedding];
        foreach (Tensor input in inputs)
            input.requires_grad_();
        DistillationLoss loss = Loss(settings);
        loss.Of(student, teacher, mask, 1, 1).backward();
        Tensor[] gradients = [.. inputs.Select(input => input.grad ?? zeros_like(input))];
        const double Step = 1e-5;
        using var guard = no_grad();
        foreach ((Tensor input, Tensor gradient) in inputs.Zip(gradients))
        {
            // Along a direction of all components at once.
            Tensor direction = randn_like(input);
            input.add_(direction * Step);
            double above = loss.Of(student, teacher, mask, 1, 1).item<double>();
            input.add_(direction * (-2 * Step));
            double below = loss.Of(student, teacher, mask, 1, 1).item<double>();
            input.add_(direction * Step);
            Assert.Equal((above - below) / (2 * Step), (gradient * direction).sum().item<double>(), 1e-5);
        }
    }

    [Fact]
    public void WhatTheModelDoesNotHaveIsSaid()
    {
        Assert.Contains("3 layers", Assert.Throws<ArgumentException>(
            () => new DistillationLoss(TernaryRecipe.Default with { HiddenStateLayers = LayerWeights.Of(1, 1) }, 3, 384)).Message, StringComparison.Ordinal);
        Assert.Contains("MatryoshkaComponents", Assert.Throws<ArgumentException>(
            () => new DistillationLoss(TernaryRecipe.Default with { MatryoshkaWeight = 1 }, 3, 64)).Message, StringComparison.Ordinal);
    }

    private static DistillationLoss Loss(string settings) => new(RecipeSettings.Apply(TernaryRecipe.Default, settings.Split(';')), layers: 2, dimension: 5);

    private static TorchTrace Hidden(params float[][] layers) =>
        new([.. layers.Select(layer => tensor(layer, [1, 2, 2]))], [], tensor(Unit, [1, 2]));

    // Three texts of four, two and three tokens; two layers of two heads of size 3.
    private static (TorchTrace Trace, Tensor Mask) Random(int seed)
    {
        manual_seed(seed);
        Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64);
        AttentionStates Attention() => new(Normal(3, 2, 4, 3), Normal(3, 2, 4, 3), Normal(3, 2, 4, 3));
        Tensor mask = tensor(new double[] { 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0 }, [3, 4]);
        return (new TorchTrace([Normal(3, 4, 6), Normal(3, 4, 6)], [Attention(), Attention()], Normal(3, 5)), mask);
    }
}

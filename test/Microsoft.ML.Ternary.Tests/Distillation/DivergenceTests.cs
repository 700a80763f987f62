// Training that goes wrong: what is noticed, what is kept, and how it goes on.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public sealed class DivergenceTests : IDisposable
{
    private const double Ruinous = 1e38;
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARunThatDivergedGoesOnFromItsLastGoodStateWithALowerRate()
    {
        DistillationOptions options = Options(steps: 40, rate: 1e-3);
        byte[] whole = TinyDistillation.Bytes(TinyDistillation.Run(options with { CheckpointPath = null, Resume = false }).Model);
        TinyDistillation.RunUntil(20, options);

        DistillationDivergedException error = Assert.Throws<DistillationDivergedException>(() => TinyDistillation.Run(WithRate(options, Ruinous)));

        Assert.Equal(22, error.Step);
        Assert.True(error.LearningRate > 1e37);
        Assert.Equal(20, error.LastGood.Report.Steps);
        Assert.InRange(error.LastGood.Report.CosineMean, 0.1, 1);
        Assert.All(TernaryLayers(error.LastGood.Model), layer => Assert.All(layer.Matrix.Scales.ToArray(), scale => Assert.True(float.IsFinite(scale))));
        foreach (string part in new[] { "step 22 of 40", "LearningRate", "GradientClipping", "after step 20", options.CheckpointPath! })
            Assert.Contains(part, error.Message);
        Assert.Equal(whole, TinyDistillation.Bytes(TinyDistillation.Run(options).Model));
    }

    [Fact]
    public void NoBadStateIsKeptHoweverOftenStatesAreKept()
    {
        DistillationOptions options = Options(steps: 40, rate: 1e-3) with { EvaluationInterval = TimeSpan.Zero, CheckpointInterval = TimeSpan.FromTicks(1) };
        byte[] whole = TinyDistillation.Bytes(TinyDistillation.Run(options with { CheckpointPath = null, Resume = false }).Model);
        TinyDistillation.RunUntil(20, options);
        Assert.Equal(20, Assert.Throws<DistillationDivergedException>(() => TinyDistillation.Run(WithRate(options, Ruinous))).LastGood.Report.Steps);
        Assert.Equal(whole, TinyDistillation.Bytes(TinyDistillation.Run(options).Model));
    }

    [Fact]
    public void ARunThatIsStoppedRightAfterARuinousStepLeavesTheStateBeforeIt()
    {
        DistillationOptions options = Options(steps: 40, rate: 1e-3);
        byte[] whole = TinyDistillation.Bytes(TinyDistillation.Run(options with { CheckpointPath = null, Resume = false }).Model);
        TinyDistillation.RunUntil(20, options);
        TinyDistillation.RunUntil(21, WithRate(options, Ruinous));
        Assert.Equal(whole, TinyDistillation.Bytes(TinyDistillation.Run(options).Model));
    }

    [Fact]
    public void TheLastStepIsLookedAtToo()
    {
        DistillationOptions options = Options(steps: 21, rate: 1e-3, LearningRateDecay.EpochStep);
        TinyDistillation.RunUntil(20, options);
        DistillationDivergedException error = Assert.Throws<DistillationDivergedException>(() => TinyDistillation.Run(WithRate(options, Ruinous)));
        Assert.Equal(20, error.LastGood.Report.Steps);
    }

    [Fact]
    public void AnExplodedLossIsNoticedWhereTheHeldOutTextsSufferToo()
    {
        DistillationOptions options = Options(steps: 300, rate: 1e-3) with { EvaluationInterval = TimeSpan.Zero };
        TinyDistillation.RunUntil(60, options);
        DistillationDivergedException error = Assert.Throws<DistillationDivergedException>(() => TinyDistillation.Run(WithRate(options, 3)));
        Assert.InRange(error.Step, 61 + LossWatch.Steps - 1, 75 + LossWatch.Steps);
        Assert.InRange(error.LastGood.Report.Steps, 60, 75);
        Assert.Contains("times its best", error.Message);
        Assert.Contains("held-out cosine", error.Message);
    }

    [Fact]
    public void WithoutACheckpointTheModelIsInTheException()
    {
        DistillationOptions options = Options(steps: 40, rate: Ruinous) with { CheckpointPath = null, Resume = false };
        DistillationDivergedException error = Assert.Throws<DistillationDivergedException>(() => TinyDistillation.Run(options));
        Assert.Contains(nameof(DistillationDivergedException.LastGood), error.Message);
        Assert.Equal(0, error.LastGood.Report.Steps);
        Assert.NotEmpty(TernaryLayers(error.LastGood.Model));
    }

    [Fact]
    public void ClippingMayChangeOnResumeAndWhatTheModelIsMayNot()
    {
        DistillationOptions options = Options(steps: 4, rate: 1e-3);
        TinyDistillation.Run(options);
        TinyDistillation.Run(options with { Steps = 5, Recipe = options.Recipe with { GradientClipping = 0.5 } });
        Refused("TernaryRecipe.Digits", options.Recipe with { Digits = TernaryDigits.One });
        Refused("TernaryRecipe.Beta2", options.Recipe with { Beta2 = 0.99f });
        Refused("TernaryRecipe.BatchSize", options.Recipe with { BatchSize = 8 });

        void Refused(string name, TernaryRecipe recipe) => Assert.Contains(
            name, Assert.Throws<InvalidOperationException>(() => TinyDistillation.Run(options with { Recipe = recipe })).Message);
    }

    [Fact]
    public void ThePeakOfTheRateFollowsTheNewRecipeAndStaysWhereNoneIsNamed()
    {
        DistillationOptions options = Options(steps: 20, rate: 1e-3);
        TinyDistillation.RunUntil(10, options);
        Assert.Equal(5e-4, TinyDistillation.Run(WithRate(options, 5e-4)).Report.Recipe.LearningRate);

        DistillationOptions chosen = options with { CheckpointPath = _folder.File("chosen"), Recipe = options.Recipe with { LearningRate = null } };
        double? first = TinyDistillation.Run(chosen).Report.Recipe.LearningRate;
        Assert.Equal(first, TinyDistillation.Run(chosen with { Steps = 21 }).Report.Recipe.LearningRate);
    }

    private DistillationOptions Options(int steps, double rate, LearningRateDecay decay = LearningRateDecay.Cosine) => new()
    {
        Steps = steps,
        Seed = 7,
        Precision = MatrixPrecision.Float32,
        CheckpointPath = _folder.File("checkpoint"),
        Resume = true,
        Recipe = TernaryRecipe.Default with { LearningRate = rate, Decay = decay },
    };

    private static DistillationOptions WithRate(DistillationOptions options, double rate) => options with { Recipe = options.Recipe with { LearningRate = rate } };

    private static IEnumerable<TernaryLinearWeights> TernaryLayers(EmbeddingModel model) =>
        model.Weights.Layers.SelectMany(layer => layer.Linears()).Select(part => part.Weights).OfType<TernaryLinearWeights>();
}

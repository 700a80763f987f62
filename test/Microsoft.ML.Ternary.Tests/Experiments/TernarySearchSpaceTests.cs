using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Experiments;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Experiments;

public class TernarySearchSpaceTests
{
    private static readonly EmbeddingModel Teacher = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));

    [Fact]
    public void TheFirstCandidateIsTheRecipeWhereTheSpaceContainsIt()
    {
        TernaryRecipe start = TernaryRecipe.Default with { LearningRate = 1e-3 };
        Assert.Equal(start, new TernarySearchSpace().Candidate(new() { Recipe = start }, null).Recipe);
        Assert.Equal(48, (new TernarySearchSpace { BatchSize = 48 }).Candidate(new() { Recipe = start }, null).Recipe.BatchSize);
    }

    [Fact]
    public void AnEmptySpaceHasTheRecipeAlone()
    {
        DistillationOptions start = new() { Recipe = TernaryRecipe.Paper, FullPrecisionLayers = ["encoder.layer.0.*"] };
        (TernaryRecipe recipe, IReadOnlyList<string> layers) = TernarySearchSpace.Empty.Candidate(start, Positions(0.9));
        Assert.Equal(start.Recipe, recipe);
        Assert.Equal(start.FullPrecisionLayers, layers);
        Assert.Equal("", TernarySearchSpace.Empty.Describe());
    }

    [Fact]
    public void EverySettingIsTakenFromItsOption()
    {
        TernarySearchSpace space = new()
        {
            Digits = TernaryDigits.FeedForwardTwo,
            TokenEmbeddings = TokenEmbeddingFormat.Int3,
            FullPrecisionLayers = RecipeOption.Choice<IReadOnlyList<string>>(["encoder.layer.1.*"]),
            ScalePerRow = true,
            RowThreshold = 0.6,
            Step = 0.8,
            HiddenStateLoss = HiddenStateLoss.MeanSquaredError,
            EmbeddingCosineWeight = 3,
            LearningRate = 5e-4,
            BatchSize = 16,
            TrainEmbeddings = true,
        };
        (TernaryRecipe recipe, IReadOnlyList<string> layers) = space.Candidate(new(), Positions(0.4));
        Assert.Equal(
            TernaryRecipe.Default with
            {
                Digits = TernaryDigits.FeedForwardTwo,
                TokenEmbeddings = TokenEmbeddingFormat.Int3,
                Scaling = TernaryScaling.PerRow(0.6f, 0.8f),
                HiddenStateLoss = HiddenStateLoss.MeanSquaredError,
                EmbeddingCosineWeight = 3,
                LearningRate = 5e-4,
                BatchSize = 16,
                TrainEmbeddings = true,
            },
            recipe);
        Assert.Equal(["encoder.layer.1.*"], layers);
        Assert.False((space with { ScalePerRow = false, MatrixThreshold = 1.5 }).Candidate(new(), Positions(0)).Recipe.Scaling.IsPerRow);
        Assert.Equal(1.5f, (space with { ScalePerRow = false, MatrixThreshold = 1.5 }).Candidate(new(), Positions(0)).Recipe.Scaling.Threshold);
    }

    [Fact]
    public void AnySettingOfARecipeCanBeSearchedByItsName()
    {
        TernarySearchSpace space = TernarySearchSpace.Empty with
        {
            Settings =
            [
                ("SimilarityLoss", RecipeOption.Choice("None", "KullbackLeibler", "SquaredError")),
                ("HiddenStateLayers", RecipeOption.Choice("last", "all")),
                ("PrecisionRamp", "0.2"),
            ],
        };
        space.Validate(new(), Teacher);
        Assert.Equal(15, space.Dimensions);
        (TernaryRecipe recipe, _) = space.Candidate(new(), Positions(0.7, settings: 3));
        Assert.Equal(
            TernaryRecipe.Default with { SimilarityLoss = SimilarityLoss.SquaredError, HiddenStateLayers = LayerWeights.All, PrecisionRamp = 0.2 }, recipe);
        // What the space contains is kept, and what it does not is not.
        Assert.Equal(TernaryRecipe.Default with { PrecisionRamp = 0.2 }, space.Candidate(new(), null).Recipe);
        Assert.Equal("SimilarityLoss: None | KullbackLeibler | SquaredError; HiddenStateLayers: last | all; PrecisionRamp: 0.2", space.Describe());
        string told = new TernaryTrial { Number = 1, Rung = 0, Recipe = recipe, FullPrecisionLayers = [] }.Parameters;
        Assert.EndsWith("batch=32 HiddenStateLayers=all SimilarityLoss=SquaredError PrecisionRamp=0.2", told, StringComparison.Ordinal);
    }

    [Fact]
    public void SettingsOfTheOtherFormOfScaleAreNotCarriedOver()
    {
        TernaryScaling scaling = (TernarySearchSpace.Empty with { ScalePerRow = false }).Candidate(new(), null).Recipe.Scaling;
        Assert.Equal(TernaryScaling.PerMatrix(), scaling);
    }

    [Fact]
    public void ValuesThatNoTrialCouldHaveAreRefusedBeforeAnyRuns()
    {
        Refused("Thresholds", new() { RowThreshold = RecipeOption.Uniform(-1, 1) });
        Refused("Thresholds", new() { Step = 0.0 });
        Refused("EmbeddingCosineWeight", new() { EmbeddingCosineWeight = RecipeOption.Uniform(-1, 1) });
        Refused("LearningRate", new() { LearningRate = RecipeOption.Choice(1e-3, 0) });
        Refused("BatchSize", new() { BatchSize = RecipeOption.Choice(32, 0) });
        Refused("BatchSize cannot be 'many'", new() { Settings = [("BatchSize", RecipeOption.Choice("8", "many"))] });
        Refused("'Rate'", new() { Settings = [("Rate", "1")] });
        Refused("twice", new() { Settings = [("WarmUp", "0.1"), ("warmup", "0.2")] });
        Refused("encoder.layre.0", new() { FullPrecisionLayers = RecipeOption.Choice<IReadOnlyList<string>>([], ["encoder.layre.0"]) });
        Refused("leaves layers to be chosen", new() { Settings = [("Digits", RecipeOption.Choice("1", "auto:1000000"))] });
        Refused("encoder.layre.0", new() { Digits = RecipeOption.Choice(TernaryDigits.One, TernaryDigits.TwoIn("encoder.layre.0")) });

        static void Refused(string because, TernarySearchSpace space) =>
            Assert.Contains(because, Assert.ThrowsAny<ArgumentException>(() => space.Validate(new(), Teacher)).Message);
    }

    private static double[] Positions(double all, int settings = 0) => [.. Enumerable.Repeat(all, settings + TernarySearchSpace.Empty.Dimensions)];
}

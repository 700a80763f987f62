using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Distillation;

public class RecipeSettingsTests
{
    private static readonly TernaryRecipe Odd = TernaryRecipe.Paper with
    {
        Name = "odd",
        Scaling = TernaryScaling.PerRow(0.6f, 0.8f),
        Digits = TernaryDigits.TwoIn("encoder.layer.5.*", "*.output.dense"),
        SimulateInt8Activations = false,
        TokenEmbeddings = TokenEmbeddingFormat.Int3,
        HiddenStateLayers = LayerWeights.Of(0, 0.25f, 1),
        AttentionLoss = AttentionLoss.Relations,
        AttentionLayers = LayerWeights.All,
        SimilarityLoss = SimilarityLoss.SquaredError,
        SimilarityTemperature = 0.1f,
        MatryoshkaComponents = ComponentCounts.Of(256, 32),
        OutputForm = EmbeddingForm.Binary,
        PrecisionRamp = 0.3,
        LearnedScales = true,
        LearningRate = null,
    };

    [Fact]
    public void EverySettingIsReadBackAsItIsWritten()
    {
        TernaryRecipe read = RecipeSettings.Apply(TernaryRecipe.Default, RecipeSettings.Names.Select(name => $"{name}={RecipeSettings.Text(Odd, name)}"));
        Assert.Empty(RecipeSettings.Differences(read, Odd));
        Assert.Equal("odd", read.Name);
        // Digits hold what they do for any model, which only their names compare.
        Assert.Equal(Odd with { Digits = read.Digits }, read);
        Assert.Equal(Odd.Digits.Name, read.Digits.Name);
    }

    [Fact]
    public void OnlyWhatDiffersIsTold()
    {
        Assert.Empty(RecipeSettings.Differences(TernaryRecipe.Default with { Name = "other" }, TernaryRecipe.Default));
        Assert.Equal(
            ["HiddenStateLayers=all", "SimilarityLoss=KullbackLeibler", "LearningRate=0.0005"],
            RecipeSettings.Differences(
                TernaryRecipe.Default with { HiddenStateLayers = LayerWeights.All, SimilarityLoss = SimilarityLoss.KullbackLeibler, LearningRate = 5e-4 },
                TernaryRecipe.Default));
    }

    [Theory]
    [InlineData("Digits=1")]
    [InlineData("Digits=ff2")]
    [InlineData("Digits=auto:9000000")]
    [InlineData("Scaling=matrix:1.5:0.8")]
    [InlineData("HiddenStateLayers=0/1/2")]
    [InlineData("MatryoshkaComponents=32/64")]
    public void ValuesHaveOneFormAndItIsTheOneTheyWereGivenIn(string setting)
    {
        string[] parts = setting.Split('=');
        Assert.Equal(parts[1], RecipeSettings.Text(RecipeSettings.Set(TernaryRecipe.Default, parts[0], parts[1]), parts[0]));
    }

    [Fact]
    public void NamesAndChoicesMayBeInAnyCase()
    {
        TernaryRecipe recipe = RecipeSettings.Apply(TernaryRecipe.Default, ["similarityloss = squarederror", "TRAINEMBEDDINGS=yes", "scaling=Matrix"]);
        Assert.Equal(SimilarityLoss.SquaredError, recipe.SimilarityLoss);
        Assert.True(recipe.TrainEmbeddings);
        Assert.Equal(TernaryScaling.PerMatrix(), recipe.Scaling);
    }

    [Fact]
    public void TheRecipeThatSettingsBeginWithIsLeftAsItIs()
    {
        TernaryRecipe before = TernaryRecipe.Default with { };
        RecipeSettings.Set(TernaryRecipe.Default, "BatchSize", "7");
        Assert.Equal(before, TernaryRecipe.Default);
    }

    [Theory]
    [InlineData("Rate=1", "'Rate'", "LearningRate")]
    [InlineData("BatchSize", "Name=value", "LearningRate")]
    [InlineData("=3", "Name=value", "LearningRate")]
    [InlineData("BatchSize=many", "BatchSize cannot be 'many'", "a whole number")]
    [InlineData("BatchSize=0", "BatchSize", "at least 1")]
    [InlineData("LearnedScales=2", "LearnedScales cannot be '2'", "true or false")]
    [InlineData("OutputForm=1", "OutputForm cannot be '1'", "Float32, Int8, Ternary, Binary")]
    [InlineData("LearningRate=", "LearningRate cannot be ''", "a number, or auto")]
    [InlineData("Digits=3", "Digits cannot be '3'", "ff2")]
    [InlineData("Scaling=column", "Scaling cannot be 'column'", "row:THRESHOLD")]
    [InlineData("Scaling=row:-1", "Scaling cannot be 'row:-1'", "matrix")]
    [InlineData("HiddenStateLayers=first", "HiddenStateLayers cannot be 'first'", "last, all")]
    [InlineData("HiddenStateLayers=0/0", "HiddenStateLayers cannot be '0/0'", "last, all")]
    [InlineData("MatryoshkaComponents=0", "MatryoshkaComponents cannot be '0'", "64/128/256")]
    [InlineData("PrecisionRamp=1", "PrecisionRamp", "below 1")]
    [InlineData("SimilarityTemperature=0", "SimilarityTemperature", "above 0")]
    [InlineData("SimilarityWeight=NaN", "SimilarityWeight", "0 or more")]
    public void WhatCannotBeSetIsSaidWithWhatCan(string setting, params string[] said)
    {
        string[] settings = setting.StartsWith("Similarity", StringComparison.Ordinal) ? ["SimilarityLoss=SquaredError", setting] : [setting];
        string message = Assert.ThrowsAny<ArgumentException>(() => RecipeSettings.Apply(TernaryRecipe.Default, settings)).Message;
        Assert.All(said, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void EverySettingSaysWhatItMayBe() =>
        Assert.All(RecipeSettings.Names, name => Assert.NotEmpty(RecipeSettings.AllowedValues(name)));

    [Fact]
    public void SharesOfLayersSumToOne()
    {
        Assert.Equal([0, 0, 1], LayerWeights.Last.SharesOf(3));
        Assert.Equal([0.25, 0.25, 0.25, 0.25], LayerWeights.All.SharesOf(4));
        Assert.Equal([0, 0.25, 0.75], LayerWeights.Of(0, 1, 3).SharesOf(3));
        Assert.Contains("2 layers", Assert.Throws<ArgumentException>(() => LayerWeights.Of(0, 1, 3).SharesOf(2)).Message, StringComparison.Ordinal);
        Assert.Equal(LayerWeights.Of(0, 1, 3), LayerWeights.Parse("0/1/3"));
        Assert.NotEqual(LayerWeights.Of(0, 1), LayerWeights.Of(1, 0));
    }
}

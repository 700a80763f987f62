using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Tests.Encoders;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public class ModelTernarizerTests
{
    [Theory]
    [InlineData("matrix")]
    [InlineData("row")]
    public void CodesOfMiniLMAreThoseOfAnotherImplementation(string scaling)
    {
        RoundedModel expected = GoldenFiles.Rounded(scaling);
        EmbeddingModel model = ModelTernarizer.Ternarize(
            HuggingFaceFolder.Load(TestPaths.MiniLm), scaling == "row" ? TernaryScaling.PerRow() : TernaryScaling.PerMatrix());

        TernaryMatrix first = ((TernaryLinearWeights)model.Weights.Layers[0].Query).Matrix;
        Assert.Equal(expected.Checks, CountCodes(first));
        Assert.Equal(expected.ScaleFirst, first.Scale(0), 1e-6f);
        TernaryMatrix[] all = [.. model.Weights.Layers.SelectMany(layer => layer.Linears()).Select(l => ((TernaryLinearWeights)l.Weights).Matrix)];
        Assert.Equal(36, all.Length);
        double zeros = (double)all.Sum(m => m.CountZeros()) / all.Sum(m => (long)m.Rows * m.Columns);
        Assert.Equal(expected.Zeros, zeros, 1e-6);
    }

    [Fact]
    public void EmbeddingsNormsBiasesAndDenseModulesStay()
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));
        EmbeddingModel ternary = ModelTernarizer.Ternarize(model, TernaryScaling.PerRow());

        Assert.Same(model.Weights.TokenEmbeddings, ternary.Weights.TokenEmbeddings);
        Assert.Same(model.Weights.PositionEmbeddings, ternary.Weights.PositionEmbeddings);
        Assert.Same(model.Weights.EmbeddingNorm, ternary.Weights.EmbeddingNorm);
        Assert.Same(model.DenseModules, ternary.DenseModules);
        Assert.Same(model.Weights.Layers[0].AttentionNorm, ternary.Weights.Layers[0].AttentionNorm);
        Assert.Same(model.Weights.Layers[0].Value.Bias, ternary.Weights.Layers[0].Value.Bias);
    }

    [Fact]
    public void NamedLayersKeepFullPrecision()
    {
        EmbeddingModel model = ModelTernarizer.Ternarize(
            HuggingFaceFolder.Load(TestPaths.Tiny("bert")), TernaryScaling.PerRow(), ["encoder.layer.0.attention.self.value", "encoder.layer.1.*.dense"]);

        Assert.Equal(["attention.self.value"], DenseNames(model.Weights.Layers[0]));
        Assert.Equal(["attention.output.dense"], DenseNames(model.Weights.Layers[1]).Where(n => n.StartsWith("attention", StringComparison.Ordinal)));
    }

    [Fact]
    public void DigitsAreGivenLayerByLayer()
    {
        EmbeddingModel full = HuggingFaceFolder.Load(TestPaths.Tiny("bert"));
        string last = "encoder.layer." + (full.Config.LayerCount - 1);
        (TernaryDigits Digits, Func<string, bool> IsTwo)[] cases =
        [
            (TernaryDigits.One, _ => false),
            (TernaryDigits.Two, _ => true),
            (TernaryDigits.FeedForwardTwo, name => name.EndsWith("intermediate.dense", StringComparison.Ordinal)
                || (name.EndsWith("output.dense", StringComparison.Ordinal) && !name.Contains("attention", StringComparison.Ordinal))
                || name == last + ".attention.self.value" || name == last + ".attention.output.dense"),
            (TernaryDigits.TwoIn("encoder.layer.0.*.key"), name => name == "encoder.layer.0.attention.self.key"),
        ];
        foreach ((TernaryDigits digits, Func<string, bool> isTwo) in cases)
        {
            EmbeddingModel model = ModelTernarizer.Ternarize(full, TernaryScaling.PerRow(), digits: digits);
            foreach ((int layer, BertLayerWeights weights) in model.Weights.Layers.Index())
            {
                foreach ((string name, LinearWeights linear) in weights.Linears())
                    Assert.Equal(isTwo($"encoder.layer.{layer}.{name}") ? 2 : 1, ((TernaryLinearWeights)linear).Matrix.Digits);
            }
        }
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelTernarizer.Ternarize(full, TernaryScaling.PerRow(), digits: TernaryDigits.TwoIn("*.pooler")));
        Assert.Contains("*.pooler", error.Message);
    }

    [Fact]
    public void WeightsInFullPrecisionAreCodeTimesScale()
    {
        TernaryLinearWeights layer = new(TernaryMatrix.FromCodes([4, -1, 0, -3], 2, 2, [0.5f, 2], digits: 2), [7, 8]);
        DenseLinearWeights dense = layer.ToDense();
        Assert.Equal([2, -0.5f, 0, -6], dense.Matrix);
        Assert.Equal((2, 2), (dense.OutputSize, dense.InputSize));
        Assert.Equal([7, 8], dense.Bias);
    }

    [Fact]
    public void ANameThatFitsNoLayerIsRefused()
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny("bert"));
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelTernarizer.Ternarize(model, TernaryScaling.PerRow(), ["encoder.layer.99.*"]));
        Assert.Contains("\"encoder.layer.99.*\"", error.Message);
        Assert.Contains("encoder.layer.0.attention.self.query", error.Message);
    }

    [Fact]
    public void RoundingTwiceChangesNothing()
    {
        EmbeddingModel once = ModelTernarizer.Ternarize(HuggingFaceFolder.Load(TestPaths.Tiny("bert")), TernaryScaling.PerRow());
        EmbeddingModel twice = ModelTernarizer.Ternarize(once, TernaryScaling.PerMatrix());
        Assert.Same(once.Weights.Layers[0].Query, twice.Weights.Layers[0].Query);
    }

    [Fact]
    public void TheProvenanceSaysHowWeightsWereRounded()
    {
        EmbeddingModel model = ModelTernarizer.Ternarize(HuggingFaceFolder.Load(TestPaths.Tiny("bert")), TernaryScaling.PerMatrix());
        Assert.Equal("rounded without training, one scale a matrix, threshold 2 x mean|w|", model.Provenance[ModelTernarizer.ProvenanceKey]);
        model = ModelTernarizer.Ternarize(HuggingFaceFolder.Load(TestPaths.Tiny("bert")), TernaryScaling.PerRow(step: 0.5f), digits: TernaryDigits.TwoIn("*.key"));
        Assert.Equal("rounded without training, one scale a row, threshold 0.75 x mean|w|, digits 2 in *.key (2 layers of two), step 0.5 x mean|w|", model.Provenance[ModelTernarizer.ProvenanceKey]);
    }

    [Fact]
    public void AZeroedEncoderHasOnlyItsBiases()
    {
        EmbeddingModel model = ModelTernarizer.ZeroEncoder(HuggingFaceFolder.Load(TestPaths.Tiny("bert")));
        foreach ((_, LinearWeights weights) in model.Weights.Layers.SelectMany(layer => layer.Linears()))
        {
            TernaryMatrix matrix = ((TernaryLinearWeights)weights).Matrix;
            Assert.Equal((long)matrix.Rows * matrix.Columns, matrix.CountZeros());
            Assert.Contains(weights.Bias, b => b != 0);
        }
    }

    [Fact]
    public void AZeroedEncoderTakesNothingFromOtherTokens()
    {
        EmbeddingModel model = ModelTernarizer.ZeroEncoder(HuggingFaceFolder.Load(TestPaths.Tiny("bert")));
        TransformerEncoder encoder = new(model.Config, model.Weights);
        float[] alone = encoder.HiddenStates(TokenBatch.FromSequences([2]))[^1];
        float[] before = encoder.HiddenStates(TokenBatch.FromSequences([2, 30, 40]))[^1];
        Assert.Equal(alone, before[..alone.Length]);
    }

    private static IEnumerable<string> DenseNames(BertLayerWeights layer) =>
        layer.Linears().Where(l => l.Weights is DenseLinearWeights).Select(l => l.Name);

    private static int[] CountCodes(TernaryMatrix matrix)
    {
        int[] counts = new int[3];
        sbyte[] row = new sbyte[matrix.Columns];
        for (int r = 0; r < matrix.Rows; r++)
        {
            matrix.UnpackRow(r, row);
            foreach (sbyte code in row)
                counts[code + 1]++;
        }
        return counts;
    }
}

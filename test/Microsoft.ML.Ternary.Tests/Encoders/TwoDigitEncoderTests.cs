// Encoders whose layers differ in their digits. Codes 4 c with a fourth of the scale are the weights c x scale again, to the bit, so
// a model may be given a second digit anywhere and must embed as before; a slip between layers of different kinds would show.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class TwoDigitEncoderTests
{
    [Theory]
    [InlineData("encoder.layer.*")]
    [InlineData("*.self.value")]
    [InlineData("*.self.query", "*.self.value")]
    [InlineData("*.self.key", "encoder.layer.0.output.dense")]
    [InlineData("encoder.layer.1.*")]
    public void ASecondDigitThatChangesNoWeightChangesNoBit(params string[] layers)
    {
        foreach (string folder in new[] { "bert", "bert-odd-shapes" })
        {
            EmbeddingModel model = TestModels.Ternary(TestModels.Tiny(folder));
            Assert.Equal(Embed(model), Embed(WithSecondDigit(model, TernaryDigits.TwoIn(layers))));
        }
    }

    [Fact]
    public void TheFeedForwardSettingRunsToo()
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        Assert.Equal(Embed(model), Embed(WithSecondDigit(model, TernaryDigits.FeedForwardTwo)));
    }

    [Fact]
    public void AProjectionInFullPrecisionBesideOnesOfOneDigitAndOfTwoIsItself()
    {
        EmbeddingModel model = ModelTernarizer.Ternarize(TestModels.Tiny(), TernaryScaling.PerRow(), ["*.self.key"]);
        Assert.Equal(Embed(model), Embed(WithSecondDigit(model, TernaryDigits.TwoIn("*.self.value"))));
    }

    [Fact]
    public void WeightsThatNeedTwoDigitsEmbedAsInFullPrecision()
    {
        EmbeddingModel model = Random(TestModels.Tiny(), digits: 2);
        EmbeddingModel dense = model.With(model.Weights with
        {
            Layers = [.. model.Weights.Layers.Select(layer => layer.MapLinears((_, weights) => Dense((TernaryLinearWeights)weights)))],
        });
        float[] expected = Embed(dense), actual = Embed(model);
        for (int i = 0; i < expected.Length; i += model.Dimension)
            VectorAssert.Similar(expected.AsSpan(i, model.Dimension), actual.AsSpan(i, model.Dimension), 0.99f, $"sequence {i / model.Dimension}");
    }

    /// <summary>The model with a second digit in the layers that <paramref name="digits"/> names, and the same weights.</summary>
    internal static EmbeddingModel WithSecondDigit(EmbeddingModel model, TernaryDigits digits)
    {
        HashSet<string> two = digits.LayersOfTwo(model);
        return model.With(model.Weights with
        {
            Layers = [.. model.Weights.Layers.Select((layer, i) => layer.MapLinears((name, weights) =>
                two.Contains($"encoder.layer.{i}.{name}") ? TimesFour((TernaryLinearWeights)weights) : weights))],
        });
    }

    /// <summary>The model with random codes of one digit or of two, -4 to 4, in every linear layer of the encoder.</summary>
    internal static EmbeddingModel Random(EmbeddingModel model, int digits)
    {
        Random random = new(digits);
        int largest = digits == 1 ? 1 : 4;
        return model.With(model.Weights with
        {
            Layers = [.. model.Weights.Layers.Select(layer => layer.MapLinears((_, weights) =>
            {
                sbyte[] codes = [.. Enumerable.Range(0, weights.OutputSize * weights.InputSize).Select(_ => (sbyte)random.Next(-largest, largest + 1))];
                float scale = 1 / (largest * MathF.Sqrt(weights.InputSize));
                return new TernaryLinearWeights(TernaryMatrix.FromCodes(codes, weights.OutputSize, weights.InputSize, [scale], digits), weights.Bias);
            }))],
        });
    }

    private static TernaryLinearWeights TimesFour(TernaryLinearWeights weights)
    {
        TernaryMatrix matrix = weights.Matrix;
        sbyte[] codes = [.. Codes(matrix).Select(code => (sbyte)(4 * code))];
        float[] scales = [.. matrix.Scales.ToArray().Select(scale => scale / 4)];
        return new(TernaryMatrix.FromCodes(codes, matrix.Rows, matrix.Columns, scales, digits: 2), weights.Bias);
    }

    private static DenseLinearWeights Dense(TernaryLinearWeights weights)
    {
        TernaryMatrix matrix = weights.Matrix;
        return new(matrix.Rows, matrix.Columns, [.. Codes(matrix).Select((code, i) => code * matrix.Scale(i / matrix.Columns))], weights.Bias);
    }

    private static sbyte[] Codes(TernaryMatrix matrix)
    {
        sbyte[] codes = new sbyte[matrix.Rows * matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
            matrix.UnpackRow(row, codes.AsSpan(row * matrix.Columns, matrix.Columns));
        return codes;
    }

    private static float[] Embed(EmbeddingModel model)
    {
        Random random = new(1);
        int[][] sequences = [.. Enumerable.Range(0, 12).Select(i => Enumerable.Range(0, 1 + i * 5 % 13).Select(_ => random.Next(model.Config.VocabularySize)).ToArray())];
        using TextEncoder encoder = new(model, new TextEncoderOptions { MaxThreads = 1 });
        float[] embeddings = new float[sequences.Length * encoder.Dimension];
        encoder.EmbedTokens(TokenBatch.FromSequences(sequences), embeddings);
        return embeddings;
    }
}

// The choice of digits: it must hold to the limit, prefer what is damaged most, and say clearly what cannot be.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public sealed class DigitSelectionTests
{
    private const int RoomForProvenance = 4096;

    private static readonly string[] Texts = ["the cat sat", "a dog ran to the house", "the sun", "in the beginning was the word"];

    [Fact]
    public void TheFileStaysWithinTheLimitAndUsesItsRoom()
    {
        EmbeddingModel model = TestModels.Tiny();
        (long one, long two) = (FileBytes(model, TernaryDigits.One), FileBytes(model, TernaryDigits.Two));
        for (int quarter = 1; quarter < 4; quarter++)
        {
            long limit = one + (two - one) * quarter / 4;
            TernaryDigits digits = DigitSelection.Choose(model, Texts, limit);
            // The smallest layer of 32 x 32 weights takes 224 bytes; no more room than that, and the header's alignment, is left.
            Assert.InRange(FileBytes(model, digits), limit - 300, limit);
            Assert.InRange(TernaryModelFile.Accounting(ModelTernarizer.Ternarize(model, TernaryScaling.PerRow(), digits: digits)).TotalBytes, 1, limit);
        }
    }

    [Fact]
    public void TheMostDamagedLayersForTheirBytesComeFirst()
    {
        EmbeddingModel model = TestModels.Tiny();
        List<DigitDamage> damages = [];
        long limit = (FileBytes(model, TernaryDigits.One) + FileBytes(model, TernaryDigits.Two)) / 2;
        HashSet<string> chosen = DigitSelection.Choose(model, Texts, limit, progress: new Collector(damages)).LayersOfTwo(model);

        Assert.Equal(ModelTernarizer.LinearNames(model.Config), damages.Select(d => d.Layer));
        Assert.Equal(Enumerable.Range(1, damages.Count), damages.Select(d => d.Measured));
        Assert.Equal(32 * 7, damages[0].Bytes);
        string[] order = [.. damages.OrderByDescending(d => d.Damage / d.Bytes).Select(d => d.Layer)];
        Assert.Contains(order[0], chosen);
        Assert.DoesNotContain(order[^1], chosen);
        // Until the first that does not fit, all are taken.
        int taken = order.TakeWhile(chosen.Contains).Count();
        Assert.True(FileBytes(model, TernaryDigits.TwoIn(order[..(taken + 1)])) > limit);
    }

    [Fact]
    public void TheDamageIsThatOfTheLayerAlone()
    {
        EmbeddingModel model = TestModels.Tiny();
        List<DigitDamage> damages = [];
        long limit = FileBytes(model, TernaryDigits.Two) - 1;
        DigitSelection.Choose(model, Texts, limit, progress: new Collector(damages));

        BertLayerWeights layer = model.Weights.Layers[1];
        DenseLinearWeights value = (DenseLinearWeights)layer.Value;
        TernaryLinearWeights rounded = new(TernaryMatrix.Ternarize(value.Matrix, 32, 32, TernaryScaling.PerRow()), value.Bias);
        EmbeddingModel damaged = model.With(model.Weights with { Layers = [model.Weights.Layers[0], layer with { Value = rounded.ToDense() }] });
        double expected = 1 - Enumerable.Range(0, Texts.Length).Average(i => (double)System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(Embed(model, Texts[i]), Embed(damaged, Texts[i])));
        Assert.Equal(expected, damages.Single(d => d.Layer == "encoder.layer.1.attention.self.value").Damage, 1e-6);
        Assert.True(expected > 0);
    }

    [Fact]
    public void WhereEverythingFitsEverythingHasTwoDigitsAndNothingIsMeasured()
    {
        List<DigitDamage> damages = [];
        Assert.Same(TernaryDigits.Two, DigitSelection.Choose(TestModels.Tiny(), Texts, 10_000_000, progress: new Collector(damages)));
        Assert.Empty(damages);
    }

    [Fact]
    public void WhereNothingMoreFitsEveryLayerHasOneDigit()
    {
        EmbeddingModel model = TestModels.Tiny();
        Assert.Same(TernaryDigits.One, DigitSelection.Choose(model, Texts, FileBytes(model, TernaryDigits.One) + 64));
    }

    [Fact]
    public void LayersInFullPrecisionAndTheFormOfTheEmbeddingsCount()
    {
        EmbeddingModel model = TestModels.Tiny();
        List<DigitDamage> damages = [];
        DigitSelectionOptions options = new()
        { FullPrecision = ["*.query"], File = new TernaryModelFileOptions { TokenEmbeddings = TokenEmbeddingFormat.Float32 } };
        long smallest = SmallestThatIsNamed(model, options);
        Assert.True(smallest > SmallestThatIsNamed(model, null));
        DigitSelection.Choose(model, Texts, smallest + 500, options, new Collector(damages));
        Assert.DoesNotContain(damages, d => d.Layer.EndsWith("query", StringComparison.Ordinal));
    }

    [Fact]
    public void ALimitThatIsTooSmallIsRefusedWithTheSmallestThatWouldDo()
    {
        EmbeddingModel model = TestModels.Tiny();
        Assert.Equal(FileBytes(model, TernaryDigits.One), SmallestThatIsNamed(model, null));
    }

    [Fact]
    public void BadInputIsRefused()
    {
        EmbeddingModel model = TestModels.Tiny();
        Assert.Throws<ArgumentException>(() => DigitSelection.Choose(model, [], 1_000_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => DigitSelection.Choose(model, Texts, 0));
        Assert.Throws<ArgumentException>(() => DigitSelection.Choose(TestModels.Ternary(model), Texts, 1_000_000));
        Assert.Throws<ArgumentException>(() => DigitSelection.Choose(model, Texts, 1_000_000, new DigitSelectionOptions { FullPrecision = ["nothing"] }));
        long limit = FileBytes(model, TernaryDigits.Two) - 1;
        Assert.Throws<OperationCanceledException>(() => DigitSelection.Choose(model, Texts, limit, cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void DigitsThatMeanTheSameLayersAreEqual()
    {
        Assert.Equal(TernaryDigits.TwoIn("*.key", "*.value"), TernaryDigits.TwoIn("*.key", "*.value"));
        Assert.Equal(TernaryDigits.Automatic(9), TernaryDigits.Automatic(9));
        Assert.NotEqual(TernaryDigits.TwoIn("*.key"), TernaryDigits.TwoIn("*.value"));
        Assert.Equal(["*.key", "*.value"], TernaryDigits.TwoIn("*.key", "*.value").Patterns);
        Assert.Null(TernaryDigits.Two.Patterns);
    }

    [Fact]
    public void DigitsThatAreStillToBeChosenAreRefusedWhereLayersAreNeeded()
    {
        TernaryDigits automatic = TernaryDigits.Automatic(11_000_000);
        Assert.Equal(11_000_000, automatic.LargestFileBytes);
        Assert.Null(TernaryDigits.Two.LargestFileBytes);
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelTernarizer.Ternarize(TestModels.Tiny(), TernaryScaling.PerRow(), digits: automatic));
        Assert.Contains("DigitSelection.Choose", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => TernaryDigits.Automatic(0));
    }

    // What the choice counts: a file that says nothing of its origin, and room for that.
    private static long FileBytes(EmbeddingModel model, TernaryDigits digits)
    {
        EmbeddingModel rounded = ModelTernarizer.Ternarize(model, TernaryScaling.PerRow(), digits: digits);
        EmbeddingModel silent = rounded.With(rounded.Weights, new Dictionary<string, string>(model.Provenance) { [ModelTernarizer.ProvenanceKey] = "" });
        return TernaryModelFile.Accounting(silent).TotalBytes + RoomForProvenance;
    }

    private static long SmallestThatIsNamed(EmbeddingModel model, DigitSelectionOptions? options)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => DigitSelection.Choose(model, Texts, 1000, options));
        string number = System.Text.RegularExpressions.Regex.Match(error.Message, "takes ([0-9,]+)").Groups[1].Value;
        return long.Parse(number, System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static float[] Embed(EmbeddingModel model, string text)
    {
        using TextEncoder encoder = new(model);
        return encoder.Embed(text);
    }

    private sealed class Collector(List<DigitDamage> damages) : IProgress<DigitDamage>
    {
        public void Report(DigitDamage value) => damages.Add(value);
    }
}

// GPTQ on a whole model: every layer, in order, in the form that runs packed where there is one.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;
using Microsoft.ML.Ternary.Evaluation.Baselines;

namespace Microsoft.ML.Ternary.Tests.Evaluation.Baselines;

public sealed class GptqQuantizerTests
{
    private static readonly string[] Texts =
        [.. Enumerable.Range(0, 40).Select(i => string.Join(' ', Enumerable.Range(0, 3 + i % 9).Select(j => ((string[])["the", "cat", "sat", "dog", "house", "ran", "sun", "a"])[(i * j + i + j) % 8])))];

    [Theory]
    [InlineData(2, GptqOptions.PerChannel, true, 2)]
    [InlineData(3, GptqOptions.PerChannel, true, 2)]
    [InlineData(2, 64, true, 2)]
    [InlineData(4, GptqOptions.PerChannel, true, 0)]
    [InlineData(2, 16, true, 0)]
    [InlineData(2, GptqOptions.PerChannel, false, 0)]
    public void CodesThatFitTwoDigitsArePackedAndOthersDense(int bits, int groupSize, bool symmetric, int digits)
    {
        EmbeddingModel model = GptqQuantizer.Quantize(TestModels.Tiny(), Texts, new GptqOptions { Bits = bits, GroupSize = groupSize, Symmetric = symmetric });
        foreach ((_, LinearWeights weights) in model.Weights.Layers.SelectMany(layer => layer.Linears()))
            Assert.Equal(digits, weights is TernaryLinearWeights ternary ? ternary.Matrix.Digits : 0);
        Assert.EndsWith(digits == 0 ? "runs dense, in float32" : "runs packed, as two ternary digits", model.Provenance[ModelRounder.ProvenanceKey], StringComparison.Ordinal);
    }

    [Fact]
    public void AGroupMayBeARowInSomeLayersOnly()
    {
        // Rows of 32 weights in all layers but the feed-forward's second, which has rows of 48.
        EmbeddingModel model = GptqQuantizer.Quantize(TestModels.Tiny(), Texts, new GptqOptions { GroupSize = 32 });
        Assert.IsType<TernaryLinearWeights>(model.Weights.Layers[0].Query);
        Assert.IsType<DenseLinearWeights>(model.Weights.Layers[0].Output);
        Assert.EndsWith("some layers packed, as two ternary digits, the others dense, in float32", model.Provenance[ModelRounder.ProvenanceKey], StringComparison.Ordinal);
    }

    [Fact]
    public void PackedAndDenseAreTheSameWeights()
    {
        EmbeddingModel packed = GptqQuantizer.Quantize(TestModels.Tiny(), Texts, new GptqOptions { Bits = 3 });
        foreach ((_, LinearWeights weights) in packed.Weights.Layers.SelectMany(layer => layer.Linears()))
        {
            DenseLinearWeights dense = ((TernaryLinearWeights)weights).ToDense();
            Assert.All(dense.Matrix.Chunk(dense.InputSize), row => Assert.InRange(row.Distinct().Count(), 2, 8));
        }
        Assert.Equal(packed.Provenance, TernaryModelFile.AsStored(packed).Provenance);
    }

    [Fact]
    public void TheFirstLayersCodesAreThoseOfItsMatrixAndItsInputs()
    {
        EmbeddingModel model = TestModels.Tiny();
        GptqOptions options = new() { Bits = 4, CalibrationRows = 10 };
        DenseLinearWeights rounded = (DenseLinearWeights)GptqQuantizer.Quantize(model, Texts, options).Weights.Layers[0].Key;

        using TextEncoder encoder = new(model);
        InputHessian hessian = new(32);
        hessian.Add(new TransformerEncoder(model.Config, model.Weights).HiddenStates(encoder.Tokenize(Texts[..10]))[0]);
        float[] expected = GptqMatrix.Round(((DenseLinearWeights)model.Weights.Layers[0].Key).Matrix, 32, hessian.Matrix, options).Values;
        // The order of the texts may move a sum's last digit, and with it a weight that lies between two levels.
        Assert.InRange(expected.Zip(rounded.Matrix, (a, b) => Math.Abs(a - b) > 1e-5f ? 1 : 0).Sum(), 0, expected.Length / 100);
    }

    [Fact]
    public void ItIsNearerToTheModelThanRoundingToTheNearest()
    {
        EmbeddingModel model = TestModels.Tiny();
        GptqOptions options = new() { Bits = 3 };
        double gptq = Cosine(model, GptqQuantizer.Quantize(model, Texts, options));
        double nearest = Cosine(model, GptqQuantizer.Quantize(model, [], options with { NearestRounding = true }));
        Assert.True(gptq > nearest, $"{gptq} against {nearest}");
    }

    [Fact]
    public void EveryLayerIsReportedOnceInOrder()
    {
        List<GptqProgress> reports = [];
        EmbeddingModel model = TestModels.Tiny();
        GptqQuantizer.Quantize(model, Texts, progress: new Collector(reports));
        Assert.Equal(ModelTernarizer.LinearNames(model.Config), reports.Select(r => r.Layer));
        Assert.Equal(Enumerable.Range(1, 12), reports.Select(r => r.Rounded));
        Assert.All(reports, r => Assert.InRange(r.RelativeError!.Value, 1e-6, 1));
        reports.Clear();
        GptqQuantizer.Quantize(model, [], new GptqOptions { NearestRounding = true }, new Collector(reports));
        Assert.Equal(12, reports.Count);
        Assert.All(reports, r => Assert.Null(r.RelativeError));
    }

    [Fact]
    public void TheProvenanceSaysTheSettings()
    {
        GptqOptions options = new() { Bits = 4, GroupSize = 16, ActivationOrder = true, SearchRange = true, Damping = 0.05, CalibrationRows = 7 };
        Assert.Equal("GPTQ, 4 bits, symmetric with searched ranges, groups of 16, damping 0.05, act-order, 7 calibration rows; runs dense, in float32",
            GptqQuantizer.Quantize(TestModels.Tiny(), Texts, options).Provenance[ModelRounder.ProvenanceKey]);
        Assert.Equal("rounded to the nearest, 2 bits, asymmetric, one scale a row; runs dense, in float32",
            GptqQuantizer.Quantize(TestModels.Tiny(), Texts, new GptqOptions { NearestRounding = true, Symmetric = false }).Provenance[ModelRounder.ProvenanceKey]);
    }

    [Fact]
    public void BlankTextsAreLeftOutAndTheRestMayBeFewerThanAsked() =>
        Assert.Contains(" 2 calibration rows", GptqQuantizer.Quantize(TestModels.Tiny(), ["", "the cat", "  ", "a dog"]).Provenance[ModelRounder.ProvenanceKey], StringComparison.Ordinal);

    [Fact]
    public void BadInputIsRefused()
    {
        EmbeddingModel model = TestModels.Tiny();
        Assert.Throws<ArgumentNullException>(() => GptqQuantizer.Quantize(null!, Texts));
        Assert.Throws<ArgumentNullException>(() => GptqQuantizer.Quantize(model, null!));
        Assert.Throws<ArgumentException>(() => GptqQuantizer.Quantize(model, ["", " "]));
        ArgumentException ternary = Assert.Throws<ArgumentException>(() => GptqQuantizer.Quantize(TestModels.Ternary(model), Texts));
        Assert.Contains("encoder.layer.0.attention.self.query", ternary.Message, StringComparison.Ordinal);
        foreach (GptqOptions options in new GptqOptions[] { new() { Bits = 5 }, new() { Bits = 1 }, new() { GroupSize = 0 }, new() { GroupSize = 48 }, new() { CalibrationRows = 0 }, new() { Damping = -1 }, new() { Damping = double.NaN } })
        {
            ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => GptqQuantizer.Quantize(model, Texts, options));
            Assert.Contains("GptqOptions.", error.Message, StringComparison.Ordinal);
        }
        Assert.Throws<OperationCanceledException>(() => GptqQuantizer.Quantize(model, Texts, cancellation: new CancellationToken(canceled: true)));
    }

    private static double Cosine(EmbeddingModel model, EmbeddingModel rounded) =>
        EmbeddingAgreement.Measure(Embed(model), Embed(Dense(rounded)), model.Dimension).CosineMean;

    private static EmbeddingModel Dense(EmbeddingModel model) => model.With(model.Weights with
    {
        Layers = [.. model.Weights.Layers.Select(layer => layer.MapLinears((_, weights) => weights is TernaryLinearWeights ternary ? ternary.ToDense() : weights))],
    });

    private static float[] Embed(EmbeddingModel model)
    {
        using TextEncoder encoder = new(model);
        float[] embeddings = new float[Texts.Length * encoder.Dimension];
        encoder.Embed(Texts, embeddings);
        return embeddings;
    }

    private sealed class Collector(List<GptqProgress> reports) : IProgress<GptqProgress>
    {
        public void Report(GptqProgress value) => reports.Add(value);
    }
}

// A pipeline saved here is loaded by a program that has never heard of it. This is also the guard of the versions of ML.NET that
// are supported: it fails where loading by assembly name, or the access to ML.NET's internals, no longer works.
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Tests.Encoders;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class FreshProcessTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void APipelineSavedHerePredictsTheSameInAFreshProcess()
    {
        using TemporaryFolder folder = new();
        string[] texts = [.. TinyModels.Texts(60), " ", "the cat"];
        IDataView rows = TextRow.View(_ml, texts);
        ITransformer chain = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized, new() { Prefix = "the " })
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Embedding", maximumNumberOfIterations: 5))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(rows);
        _ml.Model.Save(chain, rows.Schema, folder.File("chain.zip"));

        string[] lines = FreshProcess.Run(texts, folder.File("chain.zip"));
        using PredictionEngine<TextRow, TextPrediction> engine = _ml.Model.CreatePredictionEngine<TextRow, TextPrediction>(chain);
        Assert.Equal("Text Label", lines[0]);
        Assert.Equal(texts.Select(text => Bits(engine.Predict(new TextRow { Text = text }))), lines[1..^1]);

        // Who asks for no GPU does not pay for one.
        Assert.Equal("no ILGPU", lines[^1]);
    }

    [Fact]
    public void APipelineOfImagesPredictsTheSameInAFreshProcess()
    {
        using TemporaryFolder folder = new();
        string[] paths = [.. new[] { "pattern.png", "grey.png", "alpha.png", "pattern.png", "grey.png", "alpha.png" }.Select(GoldenImages.File)];
        ImageEmbeddingModel model = ModelTernarizer.Ternarize(HuggingFaceImageFolder.Load(TestPaths.Tiny("dinov2")), TernaryScaling.PerRow());
        IDataView rows = TextRow.View(_ml, paths);
        ITransformer chain = _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Text", model)
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Embedding", maximumNumberOfIterations: 5))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(rows);
        _ml.Model.Save(chain, rows.Schema, folder.File("chain.zip"));

        string[] lines = FreshProcess.Run(paths, folder.File("chain.zip"));
        using PredictionEngine<TextRow, TextPrediction> engine = _ml.Model.CreatePredictionEngine<TextRow, TextPrediction>(chain);
        Assert.Equal(paths.Select(path => Bits(engine.Predict(new TextRow { Text = path }))), lines[1..^1]);
    }

    [Fact]
    public void AnIndexNextToItsModelIsFoundFromAFreshProcessWhereverThatRuns()
    {
        using TemporaryFolder folder = new();
        IDataView rows = _ml.Transforms.SelectColumns("Embedding").Fit(NeighborRow.View(_ml)).Transform(NeighborRow.View(_ml));
        ITransformer index = _ml.Transforms.NearestNeighbors(
            "Neighbors", "Embedding", new() { Metric = AnnMetric.L2, K = 3, NeighborsAs = NeighborForm.Keys, SaveIndexAs = "points.ann" }).Fit(rows);
        _ml.Model.Save(index, rows.Schema, folder.File("search.zip"));
        Assert.True(File.Exists(folder.File("points.ann")));

        // Point 3 lies at 7, 2 at 3, 1 at 1 and 0 at 0; keys count from 1.
        Assert.Equal(
            ["Embedding", $"4 3 2: {Bits([0.25f, 12.25f, 30.25f])}", $"1 2 3: {Bits([0.0625f, 0.5625f, 7.5625f])}", "no ILGPU"],
            FreshProcess.Run(["6.5 1", "0.25 1"], folder.File("search.zip"), "neighbors"));
    }

    private static string Bits(IEnumerable<float> numbers) => string.Join(' ', numbers.Select(BitConverter.SingleToUInt32Bits));

    private static string Bits(TextPrediction prediction) => Bits(prediction.Embedding.Concat(prediction.Score));
}

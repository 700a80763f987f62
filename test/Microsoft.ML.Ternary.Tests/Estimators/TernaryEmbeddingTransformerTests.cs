// An embedding transformer in the company it keeps: ML.NET's chains, trainers, engines, caches and files.
using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class TernaryEmbeddingTransformerTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void EmbeddingsAreTheEncodersBitForBit()
    {
        string[] texts = TinyModels.Texts(300);
        IDataView view = Embedder(TinyModels.Normalized).Transform(TextRow.View(_ml, texts));
        Assert.Equal(Encode(TinyModels.Normalized, texts), view.GetColumn<float[]>("Embedding"));
    }

    [Fact]
    public void FullPrecisionModelsEmbedToo()
    {
        string[] texts = TinyModels.Texts(50);
        IDataView view = Embedder(TinyModels.FullPrecision).Transform(TextRow.View(_ml, texts));
        Assert.Equal(Encode(TinyModels.FullPrecision, texts), view.GetColumn<float[]>("Embedding"));
    }

    [Fact]
    public void TheColumnIsAVectorOfKnownSizeAnnotatedAsNormalized()
    {
        DataViewSchema schema = Embedder(TinyModels.Normalized).GetOutputSchema(TextRow.View(_ml, []).Schema);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, TinyModels.Normalized.Dimension), schema["Embedding"].Type);
        Assert.True(IsNormalized(schema["Embedding"]));
        Assert.Equal(["Text", "Label", "Embedding"], schema.Select(column => column.Name));
    }

    [Fact]
    public void ModelsThatDoNotNormalizeAreNotAnnotatedSo()
    {
        DataViewSchema schema = Embedder(TinyModels.NotNormalized).GetOutputSchema(TextRow.View(_ml, []).Schema);
        Assert.False(IsNormalized(schema["Embedding"]));
    }

    [Fact]
    public void TheSchemaOfTheViewIsTheOneAnnounced()
    {
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        IDataView rows = TextRow.View(_ml, ["a"]);
        DataViewSchema announced = embedder.GetOutputSchema(rows.Schema), actual = embedder.Transform(rows).Schema;
        Assert.Equal(announced.Select(column => (column.Name, column.Type)), actual.Select(column => (column.Name, column.Type)));
        Assert.True(IsNormalized(actual["Embedding"]));
    }

    [Fact]
    public void FewerComponentsAreTheFirstOnesScaledToNormOne()
    {
        string[] texts = TinyModels.Texts(20);
        int half = TinyModels.Normalized.Dimension / 2;
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized, new() { Dimension = half });
        float[][] vectors = [.. embedder.Transform(TextRow.View(_ml, texts)).GetColumn<float[]>("Embedding")];
        float[][] whole = [.. Encode(TinyModels.Normalized, texts)];
        Assert.Equal(half, embedder.Dimension);
        for (int i = 0; i < texts.Length; i++)
        {
            float norm = MathF.Sqrt(whole[i].Take(half).Sum(x => x * x));
            Assert.Equal(half, vectors[i].Length);
            Assert.All(vectors[i].Zip(whole[i]), pair => Assert.Equal(pair.Second / norm, pair.First, 1e-5f));
        }
    }

    [Fact]
    public void APrefixGoesBeforeEveryTextThatIsNotBlank()
    {
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized, new() { Prefix = "tok5 " });
        float[][] vectors = [.. embedder.Transform(TextRow.View(_ml, ["tok9", " "])).GetColumn<float[]>("Embedding")];
        Assert.Equal(Encode(TinyModels.Normalized, ["tok5 tok9", ""]), vectors);
        Assert.NotEqual(Encode(TinyModels.Normalized, ["tok9"]).Single(), vectors[0]);
    }

    [Fact]
    public void NullEmptyAndBlankTextEmbedAsTheEmptySequence()
    {
        IDataView view = Embedder(TinyModels.Normalized).Transform(TextRow.View(_ml, [null, "", " ", "\t\r\n", "\u3000"]));
        float[] empty = Encode(TinyModels.Normalized, [""]).Single();
        Assert.All(view.GetColumn<float[]>("Embedding"), vector => Assert.Equal(empty, vector));
        Assert.Equal(1, empty.Sum(x => x * x), 1e-5);
    }

    [Fact]
    public void APredictionEngineEmbedsAsADataViewDoes()
    {
        string?[] texts = [.. TinyModels.Texts(40), null, " "];
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        using PredictionEngine<TextRow, TextPrediction> engine = _ml.Model.CreatePredictionEngine<TextRow, TextPrediction>(embedder);
        IEnumerable<float[]> inView = embedder.Transform(TextRow.View(_ml, texts)).GetColumn<float[]>("Embedding");
        Assert.Equal(inView, texts.Select(text => engine.Predict(new TextRow { Text = text }).Embedding));
    }

    [Fact]
    public void PredictionEnginesOnSeveralThreadsShareOneModel()
    {
        string[] texts = TinyModels.Texts(64);
        float[][] expected = [.. Encode(TinyModels.Normalized, texts)];
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        Parallel.For(0, 4, _ =>
        {
            using PredictionEngine<TextRow, TextPrediction> engine = new MLContext().Model.CreatePredictionEngine<TextRow, TextPrediction>(embedder);
            for (int i = 0; i < texts.Length; i++)
                Assert.Equal(expected[i], engine.Predict(new TextRow { Text = texts[i] }).Embedding);
        });
    }

    [Fact]
    public void DisposingAnEngineLeavesTheTransformerUsable()
    {
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        _ml.Model.CreatePredictionEngine<TextRow, TextPrediction>(embedder).Dispose();
        Assert.Single(embedder.Transform(TextRow.View(_ml, ["tok1"])).GetColumn<float[]>("Embedding"));
    }

    [Fact]
    public void SavedAndLoadedItIsTheSame()
    {
        TernaryEmbeddingOptions options = new() { Dimension = 8, Prefix = "tok5 ", MaxLength = 6, LookAheadRows = 33 };
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized, options);
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(100));
        ITransformer loaded = SaveAndLoad(embedder, rows.Schema, out DataViewSchema schema);
        TernaryEmbeddingTransformer again = Assert.IsType<TernaryEmbeddingTransformer>(loaded);
        Assert.Equal(options, again.Options);
        Assert.Equal(("Embedding", "Text"), (again.OutputColumnName, again.InputColumnName));
        Assert.Equal(["Text", "Label"], schema.Select(column => column.Name));
        Assert.Equal(Vectors(embedder, rows), Vectors(loaded, rows));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FullPrecisionAndMixedModelsSurviveSavingBitForBit(bool mixed)
    {
        EmbeddingModel model = mixed
            ? ModelTernarizer.Ternarize(TinyModels.FullPrecision, Kernels.TernaryScaling.PerMatrix(), ["encoder.layer.0.*"])
            : TinyModels.FullPrecision;
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(50));
        TernaryEmbeddingTransformer embedder = Embedder(model);
        Assert.Equal(Vectors(embedder, rows), Vectors(SaveAndLoad(embedder, rows.Schema, out _), rows));
    }

    [Fact]
    public void TheZipHoldsTheBytesOfTheStandAloneFile()
    {
        using TemporaryFolder folder = new();
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        embedder.SaveModel(folder.File("model.ternary"));
        _ml.Model.Save(embedder, TextRow.View(_ml, []).Schema, folder.File("model.zip"));
        using ZipArchive zip = ZipFile.OpenRead(folder.File("model.zip"));
        ZipArchiveEntry entry = Assert.Single(zip.Entries, entry => entry.Name == "Model.ternary");
        using MemoryStream bytes = new();
        using (Stream stream = entry.Open())
            stream.CopyTo(bytes);
        Assert.Equal(File.ReadAllBytes(folder.File("model.ternary")), bytes.ToArray());
    }

    [Fact]
    public void TheStandAloneFileEmbedsAsTheTransformerThatWroteIt()
    {
        using TemporaryFolder folder = new();
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(60));
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        embedder.SaveModel(folder.File("model.ternary"));
        TernaryEmbeddingTransformer again = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", folder.File("model.ternary")).Fit(rows);
        Assert.Equal(Vectors(embedder, rows), Vectors(again, rows));
    }

    [Fact]
    public void AChainWithATrainerPredictsTheSameAfterLoading()
    {
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(120));
        ITransformer chain = Classifier().Fit(rows);
        ITransformer loaded = SaveAndLoad(chain, rows.Schema, out _);
        IEnumerable<float[]> Scores(ITransformer model) => model.Transform(rows).GetColumn<float[]>("Score");
        Assert.Equal(Scores(chain), Scores(loaded));
        using PredictionEngine<TextRow, TextPrediction> before = _ml.Model.CreatePredictionEngine<TextRow, TextPrediction>(chain);
        using PredictionEngine<TextRow, TextPrediction> after = _ml.Model.CreatePredictionEngine<TextRow, TextPrediction>(loaded);
        TextPrediction one = before.Predict(new TextRow { Text = "tok1 tok2" }), two = after.Predict(new TextRow { Text = "tok1 tok2" });
        Assert.Equal(one.Score, two.Score);
        Assert.Equal(one.Embedding, two.Embedding);
        Assert.Equal(one.PredictedLabel, two.PredictedLabel);
    }

    [Fact]
    public void ALoaderCompositeCarriesIt()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder.File("rows.tsv"), TinyModels.Texts(30).Select((text, i) => $"{text}\tclass{i % 3}"));
        TextLoader text = _ml.Data.CreateTextLoader([new("Text", DataKind.String, 0), new("Label", DataKind.String, 1)]);
        MultiFileSource file = new(folder.File("rows.tsv"));
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        using MemoryStream stream = new();
        _ml.Model.Save(embedder, text, stream);
        stream.Position = 0;
        ITransformer model = new MLContext().Model.LoadWithDataLoader(stream, out IDataLoader<IMultiStreamSource> loaded);
        Assert.Equal(Vectors(embedder, text.Load(file)), Vectors(model, loaded.Load(file)));
    }

    [Fact]
    public void CrossValidationTrainsOnIt()
    {
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(150));
        var results = _ml.MulticlassClassification.CrossValidate(rows, Classifier(), numberOfFolds: 3);
        Assert.Equal(3, results.Count);
        Assert.All(results, result => Assert.InRange(result.Metrics.MicroAccuracy, 0, 1));
        Assert.Equal(150, results.Sum(result => result.ScoredHoldOutSet.GetColumn<float[]>("Embedding").Count()));
    }

    [Fact]
    public void TransformersOfOneEstimatorShareTheWeights()
    {
        IDataView rows = TextRow.View(_ml, ["tok1"]);
        TernaryEmbeddingEstimator estimator = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized);
        Assert.Same(estimator.Fit(rows).Model, estimator.Fit(rows).Model);
    }

    [Fact]
    public void ChainsOfTransformersEmbedQueriesAndDocumentsSideBySide()
    {
        IDataView rows = TextRow.View(_ml, ["tok1 tok2"]);
        IDataView both = _ml.Transforms.Text.ApplyTernaryEmbedding("Query", "Text", TinyModels.Normalized, new() { Prefix = "tok3 " })
            .Append(_ml.Transforms.Text.ApplyTernaryEmbedding("Document", "Text", TinyModels.Normalized, new() { Prefix = "tok4 " }))
            .Append(_ml.Transforms.Concatenate("Both", "Query", "Document"))
            .Fit(rows).Transform(rows);
        float[] expected = [.. Encode(TinyModels.Normalized, ["tok3 tok1 tok2", "tok4 tok1 tok2"]).SelectMany(vector => vector)];
        Assert.Equal(expected, both.GetColumn<float[]>("Both").Single());
    }

    [Fact]
    public void SeveralCursorsEmbedAtOnce()
    {
        string[] texts = TinyModels.Texts(1000);
        IDataView view = Embedder(TinyModels.Normalized).Transform(TextRow.View(_ml, texts));
        Dictionary<string, float[]> expected = texts.Distinct().Zip(Encode(TinyModels.Normalized, [.. texts.Distinct()])).ToDictionary(pair => pair.First, pair => pair.Second);
        int rows = view.GetRowCursorSet(view.Schema, 4).AsParallel().WithDegreeOfParallelism(4).Sum(cursor =>
        {
            int count = 0;
            using (cursor)
            {
                ValueGetter<ReadOnlyMemory<char>> getText = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Text"]);
                ValueGetter<VBuffer<float>> getVector = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
                ReadOnlyMemory<char> text = default;
                VBuffer<float> vector = default;
                for (; cursor.MoveNext(); count++)
                {
                    getText(ref text);
                    getVector(ref vector);
                    Assert.Equal(expected[text.ToString()], vector.DenseValues());
                }
            }
            return count;
        });
        Assert.Equal(texts.Length, rows);
    }

    [Fact]
    public void TheOutputMayReplaceTheTextItself()
    {
        IDataView rows = TextRow.View(_ml, ["tok1"]);
        IDataView view = _ml.Transforms.Text.ApplyTernaryEmbedding("Text", null, TinyModels.Normalized).Fit(rows).Transform(rows);
        Assert.IsType<VectorDataViewType>(view.Schema["Text"].Type);
        Assert.Equal(Encode(TinyModels.Normalized, ["tok1"]), view.GetColumn<float[]>("Text"));
    }

    [Fact]
    public void ATransformerMayBeAppliedToItsOwnOutput()
    {
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(20));
        Assert.Equal(Vectors(embedder, rows), Vectors(embedder, embedder.Transform(rows)));
    }

    [Fact]
    public void AZipWithoutItsModelSaysWhichEntryIsMissing()
    {
        using MemoryStream zip = SaveZip(Embedder(TinyModels.Normalized));
        using (ZipArchive archive = new(zip, ZipArchiveMode.Update, leaveOpen: true))
            archive.Entries.Single(entry => entry.Name == "Model.ternary").Delete();
        FormatException error = Assert.IsType<FormatException>(LoadingError(zip));
        Assert.Contains("Model.ternary", error.Message);
        Assert.Contains("Embedding", error.Message);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void AZipWhoseModelIsCutShortIsRefused(double share)
    {
        using MemoryStream zip = SaveZip(Embedder(TinyModels.Normalized));
        using (ZipArchive archive = new(zip, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry entry = archive.Entries.Single(entry => entry.Name == "Model.ternary");
            using Stream stream = entry.Open();
            stream.SetLength((long)(stream.Length * share));
        }
        Assert.Contains("Model.ternary", Assert.IsType<CheckpointException>(LoadingError(zip)).Message);
    }

    [Fact]
    public void SavingToADiskThatFillsUpIsAnError()
    {
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        using FullDisk disk = new(capacity: 4000);
        IOException error = Assert.Throws<IOException>(() => _ml.Model.Save(embedder, TextRow.View(_ml, []).Schema, disk));
        Assert.Equal(FullDisk.Message, error.Message);
    }

    [Fact]
    public void SavingOverAFolderOrIntoNoneIsAnErrorThatNamesThePath()
    {
        using TemporaryFolder folder = new();
        TernaryEmbeddingTransformer embedder = Embedder(TinyModels.Normalized);
        string nowhere = Path.Combine(folder.Path, "none", "model.ternary");
        Assert.Contains(nowhere, Assert.ThrowsAny<IOException>(() => embedder.SaveModel(nowhere)).Message);
        Assert.Throws<ArgumentException>(() => embedder.SaveModel(" "));
    }

    private TernaryEmbeddingTransformer Embedder(EmbeddingModel model, TernaryEmbeddingOptions? options = null) =>
        _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", model, options).Fit(TextRow.View(_ml, []));

    private IEstimator<ITransformer> Classifier() =>
        _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized)
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Embedding", maximumNumberOfIterations: 5))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    private ITransformer SaveAndLoad(ITransformer model, DataViewSchema inputSchema, out DataViewSchema schema)
    {
        using MemoryStream stream = new();
        _ml.Model.Save(model, inputSchema, stream);
        stream.Position = 0;
        return new MLContext().Model.Load(stream, out schema);
    }

    private MemoryStream SaveZip(ITransformer model)
    {
        MemoryStream stream = new();
        _ml.Model.Save(model, TextRow.View(_ml, []).Schema, stream);
        stream.Position = 0;
        return stream;
    }

    // ML.NET finds loading code by reflection, and wraps whatever it throws: the cause is the innermost exception.
    private static Exception LoadingError(Stream zip) =>
        Assert.ThrowsAny<InvalidOperationException>(() => new MLContext().Model.Load(zip, out _)).GetBaseException();

    private static IEnumerable<float[]> Vectors(ITransformer model, IDataView rows) =>
        model.Transform(rows).GetColumn<float[]>("Embedding");

    private static IEnumerable<float[]> Encode(EmbeddingModel model, string[] texts)
    {
        using TextEncoder encoder = new(model);
        return [.. texts.Select(encoder.Embed)];
    }

    private static bool IsNormalized(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull("IsNormalized") is null)
            return false;
        bool value = false;
        column.Annotations.GetValue("IsNormalized", ref value);
        return value;
    }
}

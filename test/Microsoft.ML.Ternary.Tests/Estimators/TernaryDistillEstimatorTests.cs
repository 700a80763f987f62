// Distillation from inside a pipeline: what Fit takes, tells, and returns. That distillation learns is tested where it is written.
using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class TernaryDistillEstimatorTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void TheTransformerHoldsPackedWeightsAndAReport()
    {
        TernaryEmbeddingTransformer embedder = Estimator(_ml).Fit(TextRow.View(_ml, TinyModels.Texts(100)));
        Assert.NotNull(embedder.Report);
        Assert.Equal(3, embedder.Report.Steps);
        Assert.InRange(embedder.Report.CosineMean, -1, 1);
        Assert.All(embedder.Model.Weights.Layers.SelectMany(layer => layer.Linears()), linear => Assert.IsType<TernaryLinearWeights>(linear.Weights));
        Assert.Equal(TinyModels.FullPrecision.Dimension, embedder.Dimension);
    }

    [Fact]
    public void WhatIsSavedEmbedsBitForBitAsWhatWasFitted()
    {
        using TemporaryFolder folder = new();
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(60));
        TernaryEmbeddingTransformer embedder = Estimator(_ml).Fit(rows);
        embedder.SaveModel(folder.File("student.ternary"));
        _ml.Model.Save(embedder, rows.Schema, folder.File("student.zip"));
        float[][] expected = [.. embedder.Transform(rows).GetColumn<float[]>("Embedding")];
        ITransformer zip = new MLContext().Model.Load(folder.File("student.zip"), out _);
        ITransformer file = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", folder.File("student.ternary")).Fit(rows);
        Assert.Equal(expected, zip.Transform(rows).GetColumn<float[]>("Embedding"));
        Assert.Equal(expected, file.Transform(rows).GetColumn<float[]>("Embedding"));
    }

    [Fact]
    public void ItsStorageIsThatOfTheOptions()
    {
        TernaryEmbeddingTransformer embedder = Estimator(_ml, options => options with { Storage = new() { TokenEmbeddings = TokenEmbeddingFormat.Float32 } })
            .Fit(TextRow.View(_ml, TinyModels.Texts(40)));
        Assert.IsType<Float32EmbeddingTable>(embedder.Model.Weights.TokenEmbeddings);
    }

    [Fact]
    public void TheContextsSeedDecidesWhereTheOptionsNameNone()
    {
        using TemporaryFolder folder = new();
        byte[] Bytes(int contextSeed, int? seed)
        {
            MLContext ml = new(contextSeed);
            Estimator(ml, options => options with { Distillation = options.Distillation with { Seed = seed } })
                .Fit(TextRow.View(ml, TinyModels.Texts(500))).SaveModel(folder.File("model"));
            return File.ReadAllBytes(folder.File("model"));
        }
        Assert.Equal(Bytes(7, null), Bytes(7, null));
        Assert.Equal(Bytes(7, null), Bytes(8, 7));
        Assert.NotEqual(Bytes(7, null), Bytes(8, null));
    }

    [Fact]
    public void ProgressGoesToTheLogAndToTheListener()
    {
        List<string> log = [];
        _ml.Log += (_, message) => log.Add(message.Message);
        Listener listener = new();
        Estimator(_ml, options => options with { Progress = listener }).Fit(TextRow.View(_ml, TinyModels.Texts(100)));
        Assert.Contains(log, message => message.Contains("Distilling into ternary weights") && message.Contains("seed 1"));
        Assert.Contains(log, message => message.Contains("cosine to the teacher"));
        Assert.Equal([1, 2, 3], listener.Steps.Distinct());
    }

    [Fact]
    public void TheProgressChannelHasStepsAndMetricsWhileItRuns()
    {
        List<string> seen = [];
        Listener listener = new() { OnStep = () => seen.AddRange(MlNet.Progress(_ml)) };
        Estimator(_ml, options => options with { Progress = listener }).Fit(TextRow.View(_ml, TinyModels.Texts(100)));
        Assert.Contains(seen, line => line.StartsWith("Distilling: steps 2 of 3, loss ", StringComparison.Ordinal) && line.Contains("tokens/s"));
        Assert.Empty(MlNet.Progress(_ml));
    }

    [Fact]
    public void AFitThatWasCancelledGoesOnFromItsCheckpoint()
    {
        using TemporaryFolder folder = new();
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(300));
        DistillationOptions settings = new() { Steps = 6, Threads = 1, CheckpointPath = folder.File("checkpoint"), Resume = true };
        using CancellationTokenSource source = new();
        Listener first = new(), second = new();
        first = new() { OnStep = () => CancelAt(3, first, source) };
        Assert.ThrowsAny<OperationCanceledException>(() => Estimator(_ml, options => options with
        {
            Distillation = settings,
            Progress = first,
            CancellationToken = source.Token,
        }).Fit(rows));
        TernaryEmbeddingTransformer resumed = Estimator(_ml, options => options with { Distillation = settings, Progress = second }).Fit(rows);
        TernaryEmbeddingTransformer whole = Estimator(_ml, options => options with { Distillation = settings with { CheckpointPath = null, Resume = false } }).Fit(rows);
        Assert.InRange(second.Steps[0], 2, 6);
        Assert.Equal(6, resumed.Report!.Steps);
        Assert.Equal(whole.Transform(rows).GetColumn<float[]>("Embedding"), resumed.Transform(rows).GetColumn<float[]>("Embedding"));
    }

    [Fact]
    public void TrainingThatDivergesHandsOverTheLastGoodModel()
    {
        using TemporaryFolder folder = new();
        TernaryRecipe recipe = TernaryRecipe.Default with { LearningRate = 1e38 };
        DistillationDivergedException error = Assert.Throws<DistillationDivergedException>(
            () => Estimator(_ml, options => options with { Distillation = options.Distillation with { Recipe = recipe, Steps = 9 } }).Fit(TextRow.View(_ml, TinyModels.Texts(100))));
        TernaryModelFile.Save(error.LastGood.Model, folder.File("model"));
        Assert.Equal(TinyModels.FullPrecision.Dimension, TernaryModelFile.Load(folder.File("model")).Dimension);
    }

    [Fact]
    public void WarningsOfTrainingGoToTheLog()
    {
        List<string> log = [];
        _ml.Log += (_, message) => log.Add($"{message.Kind} {message.Message}");
        Estimator(_ml).Fit(TextRow.View(_ml, ["", " "]));
        Assert.Contains(log, message => message.StartsWith("Warning", StringComparison.Ordinal) && message.Contains("are empty", StringComparison.Ordinal));
    }

    [Fact]
    public void TheTeacherMayBeNamedByItsFolder()
    {
        TernaryDistillEstimator estimator = _ml.Transforms.Text.DistillTernaryEmbedding("Embedding", "Text", new()
        {
            Teacher = TestPaths.Tiny("st-mean"),
            Distillation = new() { Steps = 1, Threads = 1 },
        });
        Assert.Equal(1, estimator.Fit(TextRow.View(_ml, TinyModels.Texts(40))).Report!.Steps);
    }

    [Fact]
    public void ATeacherThatIsTernaryAlreadyIsRefused()
    {
        Assert.ThrowsAny<ArgumentException>(() => Estimator(_ml, options => options with { TeacherModel = TinyModels.Normalized }).Fit(TextRow.View(_ml, ["a"])));
    }

    [Fact]
    public void CancellingTheContextStopsFitWithinASecond()
    {
        AssertCancelled((ml, _) => MlNet.Cancel(ml));
    }

    [Fact]
    public void CancellingTheTokenStopsFitWithinASecond()
    {
        AssertCancelled((_, source) => source.Cancel());
    }

    [Fact]
    public void ACorpusOfOneRowDistils()
    {
        TernaryEmbeddingTransformer embedder = Estimator(_ml).Fit(TextRow.View(_ml, ["the cat"]));
        Assert.True(embedder.Report!.HeldOutIsTrainingText);
    }

    [Fact]
    public void RowsWithoutTextAreNoObstacle()
    {
        TernaryEmbeddingTransformer embedder = Estimator(_ml).Fit(TextRow.View(_ml, [null, "", " ", "the cat", "a dog"]));
        Assert.Equal(3, embedder.Report!.Steps);
    }

    [Fact]
    public void ACorpusWithoutRowsIsAnError()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Estimator(_ml).Fit(TextRow.View(_ml, [])));
        Assert.Contains("at least one text", error.Message);
    }

    [Fact]
    public void TheCorpusIsStreamedAndItsCursorsReleased()
    {
        SpyView rows = new(TextRow.View(_ml, TinyModels.Texts(300)));
        Estimator(_ml).Fit(rows);
        Assert.Equal(0, rows.CursorsOpen);
        Assert.Equal(["Text"], rows.ActiveColumns.Distinct());
    }

    [Fact]
    public void ItFitsInsideAPipelineWithATrainer()
    {
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(100));
        var pipeline = Estimator(_ml)
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label"))
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(featureColumnName: "Embedding", maximumNumberOfIterations: 3));
        Assert.Equal(100, pipeline.Fit(rows).Transform(rows).GetColumn<float[]>("Score").Count());
    }

    [Fact]
    public void WrongColumnsAreRefusedBeforeTrainingBegins()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new OtherRow { Text = "a" }]);
        foreach ((string output, string input, string named) in new[] { ("Embedding", "Txt", "Txt"), ("Embedding", "Number", "Number"), ("Number", "Text", "Number") })
        {
            TernaryDistillEstimator estimator = _ml.Transforms.Text.DistillTernaryEmbedding(output, input, Options);
            Assert.Contains(named, Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(rows)).Message);
            Assert.Contains(named, Assert.Throws<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(MlNet.Shape(rows.Schema))).Message);
        }
    }

    [Fact]
    public void TheAnnouncedShapeIsThatOfTheResult()
    {
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(40));
        TernaryDistillEstimator estimator = Estimator(_ml, options => options with { Embedding = new() { Dimension = 5 } });
        SchemaShape.Column announced = estimator.GetOutputSchema(MlNet.Shape(rows.Schema)).Single(column => column.Name == "Embedding");
        IDataView view = estimator.Fit(rows).Transform(rows);
        SchemaShape.Column actual = MlNet.Shape(view.Schema).Single(column => column.Name == "Embedding");
        Assert.Equal((actual.Kind, actual.ItemType), (announced.Kind, announced.ItemType));
        Assert.Equal(actual.Annotations.Select(column => column.Name), announced.Annotations.Select(column => column.Name));
        Assert.All(view.GetColumn<float[]>("Embedding"), vector => Assert.Equal(5, vector.Length));
    }

    [Fact]
    public void OptionsOutOfRangeAreNamed()
    {
        AssertOption("Teacher", _ => new TernaryDistillOptions());
        AssertOption("Teacher", options => options with { Teacher = TestPaths.Tiny("st-mean") });
        AssertOption("Epochs", options => options with { Distillation = new() { Epochs = 0 } });
        AssertOption("LookAheadRows", options => options with { Embedding = new() { LookAheadRows = 0 } });
        AssertOption("Dimension", options => options with { Embedding = new() { Dimension = 10_000 } });
        Assert.Contains("outputColumnName", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Text.DistillTernaryEmbedding(" ", "Text", Options)).Message);
        Assert.ThrowsAny<ArgumentNullException>(() => _ml.Transforms.Text.DistillTernaryEmbedding("Embedding", "Text", null!));
    }

    [Fact]
    public void ATeacherThatIsNotThereIsNamed()
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() =>
            _ml.Transforms.Text.DistillTernaryEmbedding("Embedding", "Text", new() { Teacher = "no-such-teacher" }));
        Assert.Contains("no-such-teacher", error.Message);
    }

    private static TernaryDistillOptions Options { get; } = new()
    {
        TeacherModel = TinyModels.FullPrecision,
        Distillation = new() { Steps = 3, Threads = 1 },
    };

    private static TernaryDistillEstimator Estimator(MLContext ml, Func<TernaryDistillOptions, TernaryDistillOptions>? change = null) =>
        ml.Transforms.Text.DistillTernaryEmbedding("Embedding", "Text", change is null ? Options : change(Options));

    private void AssertOption(string name, Func<TernaryDistillOptions, TernaryDistillOptions> change) =>
        Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => Estimator(_ml, change)).Message);

    private static void AssertCancelled(Action<MLContext, CancellationTokenSource> cancel)
    {
        MLContext ml = new(seed: 1);
        using CancellationTokenSource source = new();
        Stopwatch sinceCancelled = new();
        Listener listener = new()
        {
            OnStep = () =>
            {
                if (sinceCancelled.IsRunning)
                    return;
                sinceCancelled.Start();
                cancel(ml, source);
            },
        };
        TernaryDistillEstimator estimator = Estimator(ml, options => options with
        {
            Distillation = new() { Steps = 1_000_000, Threads = 1 },
            Progress = listener,
            CancellationToken = source.Token,
        });
        Assert.ThrowsAny<OperationCanceledException>(() => estimator.Fit(TextRow.View(ml, TinyModels.Texts(200))));
        Assert.InRange(sinceCancelled.Elapsed.TotalSeconds, 0, 3);
    }

    private static void CancelAt(int step, Listener listener, CancellationTokenSource source)
    {
        if (listener.Steps[^1] == step)
            source.Cancel();
    }

    private sealed class Listener : IProgress<DistillationProgress>
    {
        public List<int> Steps { get; } = [];

        public Action? OnStep { get; init; }

        public void Report(DistillationProgress value)
        {
            Steps.Add(value.Step);
            OnStep?.Invoke();
        }
    }
}

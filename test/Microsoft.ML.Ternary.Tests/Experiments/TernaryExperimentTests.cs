using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Evaluation;
using Microsoft.ML.Ternary.Experiments;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Tests.Distillation;
using Microsoft.ML.Ternary.Tests.Estimators;

namespace Microsoft.ML.Ternary.Tests.Experiments;

[Collection(TorchCollection.Name)]
public sealed class TernaryExperimentTests : IDisposable
{
    private static readonly EmbeddingModel Teacher = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));
    private static readonly string[] Words = ["the", "cat", "dog", "was", "hot", "one", "word", "that", "they", "all", "how", "said", "each"];
    private static readonly string[] Corpus = [.. Enumerable.Range(0, 200).Select(i => string.Join(' ', Enumerable.Range(0, 6).Select(j => Words[(i * 7 + j * j * (i + 3)) % Words.Length])))];

    private static readonly TernaryExperimentOptions Small = new()
    {
        SearchSpace = TernarySearchSpace.Empty with
        {
            // The first of three trials has the recipe's one digit; of the other two, which are drawn from different thirds, one has two.
            Digits = RecipeOption.Choice(TernaryDigits.One, TernaryDigits.Two, TernaryDigits.Two, TernaryDigits.Two),
            LearningRate = RecipeOption.LogUniform(1e-4, 3e-3),
        },
        MaxTrials = 3,
        Steps = 8,
        SpeedThreads = 1,
        Distillation = new() { Threads = 1, Seed = 5 },
    };

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void StudentsAreTrainedMeasuredPackedAndTheBestReturned()
    {
        TernaryExperimentResult result = TernaryExperiment.Run(Teacher, () => Corpus, Small with { Folder = _folder.Path });

        Assert.Equal([(1, 0, 4), (2, 0, 4), (3, 0, 4)], result.Trials.Take(3).Select(trial => (trial.Trial.Number, trial.Trial.Rung, trial.Steps)));
        Assert.Contains(result.Trials, trial => trial.Trial.Recipe.Digits == TernaryDigits.Two);
        Assert.Equal((1, 8), (result.Trials[3].Trial.Rung, result.Trials[3].Steps));
        Assert.All(result.Trials, trial =>
        {
            Assert.InRange(trial.Metric!.Value, 0.2, 1);
            Assert.True(trial is { TextsPerSecond: > 0, MillisecondsPerText: > 0, Tokens: > 0, Seconds: > 0, Loss: > 0 });
        });
        Assert.Equal(new FileInfo(result.BestTrial.ModelPath!).Length, result.BestTrial.Bytes);
        Assert.All(result.BestModel.Weights.Layers.SelectMany(layer => layer.Linears()), part =>
            Assert.Equal(result.BestTrial.Trial.Recipe.Digits == TernaryDigits.Two ? 2 : 1, ((TernaryLinearWeights)part.Weights).Matrix.Digits));
        Assert.Equal("default, trial " + result.BestTrial.Trial.Number, result.BestModel.Provenance["distillation.recipe"]);
    }

    [Fact]
    public void TheSameSeedGivesTheSameTrialsAndStoppingChangesNothing()
    {
        TernaryExperimentResult first = TernaryExperiment.Run(Teacher, () => Corpus, Small);
        using CancellationTokenSource stop = new();
        TernaryExperimentOptions options = Small with { Folder = _folder.Path };
        TernaryExperiment.Run(Teacher, () => Corpus, options, new StopAt(2, 3, stop), stop.Token);
        TernaryExperimentResult resumed = TernaryExperiment.Run(Teacher, () => Corpus, options);
        Assert.Equal(first.Trials.Select(Comparable), resumed.Trials.Select(Comparable));

        static (string, double?, double?, int) Comparable(TernaryTrialResult trial) => (trial.Trial.Parameters, trial.Metric, trial.Loss, trial.Steps);
    }

    [Fact]
    public void ATaskIsMaximisedInPlaceOfTheCosine()
    {
        StsTask task = new("pairs", [new(5, "the cat", "the cat was"), new(3, "the dog", "the cat"), new(0, "hot word", "they said")]);
        TernaryExperimentResult result = TernaryExperiment.Run(Teacher, () => Corpus, Small with { Task = task, MaxTrials = 1, Steps = 2 });
        Assert.Equal("pairs cosine_spearman", result.MetricName);
        Assert.InRange(result.BestTrial.Metric!.Value, -1, 1);
    }

    [Fact]
    public void ATimeBudgetAloneEndsInTime()
    {
        TernaryExperimentResult result = TernaryExperiment.Run(Teacher, () => Corpus, Small with { Steps = null, MaxTrials = 2, TimeBudget = TimeSpan.FromSeconds(4) });
        Assert.Single(result.Trials.Where(trial => trial.Trial.Rung == 0).Select(trial => trial.Steps).Distinct());
        Assert.InRange(result.Elapsed.TotalSeconds, 0, 30);
    }

    [Fact]
    public void AModelThatIsTooLargeIsRefusedBeforeItIsTrained()
    {
        long two = TernaryModelFile.Accounting(ModelTernarizer.Ternarize(Teacher, TernaryScaling.PerRow(), digits: TernaryDigits.Two)).TotalBytes;
        long limit = two + DistillationTrialRunner.ProvenanceBytes - 1;
        TernarySearchSpace space = TernarySearchSpace.Empty with { Digits = RecipeOption.Choice(TernaryDigits.One, TernaryDigits.Two), TokenEmbeddings = TokenEmbeddingFormat.Int8 };
        TernaryExperimentResult result = TernaryExperiment.Run(Teacher, () => Corpus, Small with { SearchSpace = space, MaxBytes = limit, MaxTrials = 2, Steps = 2 });
        Assert.All(result.Trials, trial => Assert.Equal(trial.Trial.Recipe.Digits == TernaryDigits.Two, trial.Status == TernaryTrialStatus.Refused));
        Assert.All(result.Trials.Where(trial => trial.Status == TernaryTrialStatus.Completed), trial => Assert.True(trial.Bytes < two));
    }

    [Fact]
    public void AColumnOfADataViewIsTheCorpusAndTheContextsSeedItsSeed()
    {
        MLContext ml = new(seed: 5);
        List<string> log = [];
        ml.Log += (_, e) => { if (e.Source.Contains("TernaryExperiment")) log.Add(e.Message); };
        IDataView data = ml.Data.LoadFromEnumerable(Corpus.Select(text => new Row { Text = text }));
        TernaryExperimentOptions options = Small with { Distillation = new() { Threads = 1 }, MaxTrials = 2, Steps = 2 };
        TernaryExperimentResult result = ml.Transforms.Text.CreateTernaryExperiment(Teacher, options).Execute(data, "Text");
        TernaryExperimentResult direct = TernaryExperiment.Run(Teacher, () => Corpus, options with { Distillation = new() { Threads = 1, Seed = 5 } });
        Assert.Equal(direct.Trials.Select(trial => trial.Metric), result.Trials.Select(trial => trial.Metric));
        Assert.Contains(log, message => message.Contains("is the best so far"));

        IDataView embedded = ml.Transforms.Text.ApplyTernaryEmbedding("Features", "Text", result.BestModel).Fit(data).Transform(data);
        Assert.NotNull(embedded.Schema.GetColumnOrNull("Features"));
    }

    [Fact]
    public void CancellingTheContextReturnsTheBestSoFar()
    {
        MLContext ml = new(seed: 5);
        IDataView data = ml.Data.LoadFromEnumerable(Corpus.Select(text => new Row { Text = text }));
        TernaryExperimentResult result = ml.Transforms.Text.CreateTernaryExperiment(Teacher, Small with { Steps = 20_000, MaxTrials = 1024, ReductionFactor = 32 })
            .Execute(data, "Text", new CancelAfter(1, ml));
        Assert.Equal(TernaryExperimentEnd.Cancelled, result.End);
        Assert.NotEmpty(result.Trials);
    }

    [Fact]
    public void BadOptionsAreNamed()
    {
        Refused("SearchSpace", Small with { SearchSpace = null! });
        Refused("Distillation", Small with { Distillation = null! });
        Refused("MaxTrials", Small with { MaxTrials = 0 });
        Refused("ReductionFactor", Small with { ReductionFactor = 1 });
        Refused("Steps", Small with { Steps = 0 });
        Refused("TimeBudget", Small with { TimeBudget = TimeSpan.Zero });
        Refused("TimeBudget", Small with { TimeBudget = TimeSpan.FromDays(99) });
        Refused("MaxBytes", Small with { MaxBytes = -1 });
        Refused("MaxMillisecondsPerText", Small with { MaxMillisecondsPerText = double.NaN });
        Refused("MinTextsPerSecond", Small with { MinTextsPerSecond = -1 });
        Refused("SpeedThreads", Small with { SpeedThreads = -1 });
        Refused("Folder", Small with { Folder = " " });
        Refused("Distillation.Steps", Small with { Distillation = new() { Steps = 3 } });
        Refused("Distillation.TimeBudget", Small with { Distillation = new() { TimeBudget = TimeSpan.FromSeconds(3) } });
        Refused("Distillation.CheckpointPath", Small with { Distillation = new() { CheckpointPath = "x" } });
        Refused("Distillation.StartFrom", Small with { Distillation = new() { StartFrom = "x" } });
        Refused("MaxLength", Small with { Distillation = new() { MaxLength = 1 } });

        static void Refused(string option, TernaryExperimentOptions options)
        {
            Assert.Contains(option, Assert.ThrowsAny<ArgumentException>(() => TernaryExperiment.Run(Teacher, () => Corpus, options)).Message);
            Assert.Contains(option, Assert.ThrowsAny<ArgumentException>(() => new MLContext().Transforms.Text.CreateTernaryExperiment(Teacher, options)).Message);
        }
    }

    [Fact]
    public void MissingArgumentsTeachersAndColumnsAreNamed()
    {
        EmbeddingModel ternary = ModelTernarizer.Ternarize(Teacher, TernaryScaling.PerRow());
        Assert.Contains("full precision", Assert.Throws<ArgumentException>(() => TernaryExperiment.Run(ternary, () => Corpus)).Message);
        Assert.Throws<ArgumentNullException>(() => TernaryExperiment.Run(null!, () => Corpus));
        Assert.Throws<ArgumentNullException>(() => TernaryExperiment.Run(Teacher, null!));
        Assert.Contains("no rows", Assert.Throws<InvalidOperationException>(() => TernaryExperiment.Run(Teacher, () => [], Small)).Message);
        MLContext ml = new();
        Assert.Throws<CheckpointException>(() => ml.Transforms.Text.CreateTernaryExperiment(_folder.File("absent")));
        Assert.Throws<ArgumentException>(() => ml.Transforms.Text.CreateTernaryExperiment(" "));
        Assert.Throws<ArgumentNullException>(() => ml.Transforms.Text.CreateTernaryExperiment((EmbeddingModel)null!));
        TernaryExperiment experiment = ml.Transforms.Text.CreateTernaryExperiment(Teacher, Small);
        IDataView data = ml.Data.LoadFromEnumerable([new Row { Text = "a" }]);
        Assert.Contains("Txt", Assert.Throws<ArgumentOutOfRangeException>(() => experiment.Execute(data, "Txt")).Message);
        Assert.Contains("Number", Assert.Throws<ArgumentOutOfRangeException>(() => experiment.Execute(data, "Number")).Message);
        Assert.Throws<ArgumentNullException>(() => experiment.Execute(null!, "Text"));
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public float Number { get; set; }
    }

    private sealed class StopAt(int trial, int step, CancellationTokenSource stop) : ITernaryExperimentMonitor
    {
        public void ReportTrialProgress(TernaryTrial running, DistillationProgress progress)
        {
            if (running.Number == trial && progress.Step == step)
                stop.Cancel();
        }
    }

    private sealed class CancelAfter(int trial, MLContext ml) : ITernaryExperimentMonitor
    {
        public void ReportCompletedTrial(TernaryTrialResult result)
        {
            if (result.Trial.Number == trial)
                MlNet.Cancel(ml);
        }
    }
}

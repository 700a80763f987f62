using System.Diagnostics;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Experiments;

namespace Microsoft.ML.Ternary.Tests.Experiments;

public sealed class ExperimentSessionTests : IDisposable
{
    private static readonly TernaryExperimentOptions Eight = new()
    {
        SearchSpace = TernarySearchSpace.Empty with { LearningRate = RecipeOption.LogUniform(1e-4, 1e-2) },
        MaxTrials = 8,
        Steps = 80,
    };

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OnEachRungTheBestHalfGoesOnFromWhereItWas()
    {
        FakeTrialRunner runner = new();
        TernaryExperimentResult result = Run(Eight, runner);

        Assert.Equal([8, 4, 2, 1], Rungs(runner).Select(rung => rung.Count()));
        Assert.Equal([(0, 10), (10, 20), (20, 40), (40, 80)], Rungs(runner).Select(rung => rung.Select(run => (run.From, run.To)).Distinct().Single()));
        foreach (int rung in new[] { 0, 1, 2 })
        {
            TernaryTrialResult[] here = [.. result.Trials.Where(trial => trial.Trial.Rung == rung)];
            int[] best = [.. here.OrderByDescending(trial => trial.Metric).Take(here.Length / 2).Select(trial => trial.Trial.Number).Order()];
            Assert.Equal(best, result.Trials.Where(trial => trial.Trial.Rung == rung + 1).Select(trial => trial.Trial.Number).Order());
        }
        Assert.Equal(3, result.BestTrial.Trial.Rung);
        Assert.Equal(result.Trials.Max(trial => trial.Metric), result.BestTrial.Metric);
        Assert.Equal(TernaryExperimentEnd.Finished, result.End);
        Assert.All(result.BestModel.Weights.Layers.SelectMany(layer => layer.Linears()), part => Assert.IsType<TernaryLinearWeights>(part.Weights));
    }

    [Fact]
    public void TheStepsOfAllRungsAddUpToWhatHalvingPromises()
    {
        FakeTrialRunner runner = new();
        Run(Eight, runner);
        // 8 x 10 + 4 x 10 + 2 x 20 + 1 x 40, where training all eight to the end would take 640.
        Assert.Equal(200, runner.Trained.Sum(run => run.To - run.From));
    }

    [Fact]
    public void BatchesOfAnotherSizeTakeAsManyStepsAsMakeTheSameTexts()
    {
        FakeTrialRunner runner = new();
        Run(Eight with { MaxTrials = 3, Steps = 9, ReductionFactor = 3, SearchSpace = Eight.SearchSpace with { BatchSize = RecipeOption.Choice(16, 32, 64) } }, runner);
        Assert.All(runner.Trained.Where(run => run.Rung == 0), run => Assert.Contains(run.To, new[] { 6, 3, 2 }));
        Assert.Single(runner.Trained, run => run.Rung == 1 && run.To is 18 or 9 or 5);
    }

    [Fact]
    public void NoMoreCheckpointsAreKeptThanTrialsMayBePromoted()
    {
        FakeTrialRunner runner = new();
        Run(Eight with { Folder = _folder.Path }, runner);
        // Four that may go on, and the one that has just ended.
        Assert.Equal(5, runner.MostCheckpoints);
        Assert.Single(Directory.GetFiles(_folder.Path, "*.checkpoint"));
    }

    [Fact]
    public void ATrialThatFailsIsReportedAndTheOthersGoOn()
    {
        FakeTrialRunner runner = new() { Before = (trial, _) => { if (trial.Number == 2 || trial is { Number: 5, Rung: 1 }) throw new InvalidOperationException("diverged"); }, Metric = (trial, _) => trial.Number == 8 ? double.NaN : trial.Number };
        Monitor monitor = new();
        TernaryExperimentResult result = Run(Eight, runner, monitor);

        Assert.Equal(["fail 2.0: diverged", "fail 8.0: The metric of the trained model is NaN.", "fail 5.1: diverged"], monitor.Lines.Where(line => line.StartsWith("fail", StringComparison.Ordinal)));
        Assert.Equal(7, result.BestTrial.Trial.Number);
        Assert.Equal([4, 5, 6, 7], result.Trials.Where(trial => trial.Trial.Rung == 1).Select(trial => trial.Trial.Number).Order());
        Assert.Equal([6, 7], result.Trials.Where(trial => trial.Trial.Rung == 2).Select(trial => trial.Trial.Number).Order());
        Assert.Equal(TernaryTrialStatus.Failed, result.Trials.Single(trial => trial.Trial is { Number: 5, Rung: 1 }).Status);
    }

    [Fact]
    public void ACandidateThatCannotBeMeasuredFailsAndOthersTakeItsPlace()
    {
        TernaryExperimentOptions options = Eight with
        {
            Folder = _folder.Path,
            SearchSpace = Eight.SearchSpace with { Digits = RecipeOption.Choice(TernaryDigits.One, TernaryDigits.Two) },
        };
        FakeTrialRunner runner = new() { CostOf = trial => trial.Recipe.Digits == TernaryDigits.Two ? throw new NotSupportedException("no kernel") : new ModelCost(1000, 1, 1000) };
        TernaryExperimentResult result = Run(options, runner);
        Assert.Equal("no kernel", Assert.Single(result.Trials, trial => trial.Status == TernaryTrialStatus.Failed).Reason);
        Assert.Equal(15, runner.Trained.Count);
        Assert.Equal(result.Trials, Run(options, new FakeTrialRunner()).Trials);
    }

    [Fact]
    public void APromotedTrialThatFailsKeepsWhatItReachedBefore()
    {
        FakeTrialRunner runner = new() { Before = (trial, _) => { if (trial.Rung == 1) throw new InvalidOperationException("diverged"); } };
        TernaryExperimentResult result = Run(Eight with { MaxTrials = 2 }, runner);
        Assert.Equal(0, result.BestTrial.Trial.Rung);
        Assert.NotNull(result.BestModel);
    }

    [Fact]
    public void WhereEveryTrialFailsTheErrorSaysWhy()
    {
        FakeTrialRunner runner = new() { Before = (_, _) => throw new InvalidOperationException("training has diverged") };
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Run(Eight, runner));
        Assert.Contains("training has diverged", error.Message);
        Assert.Contains("rate=", error.Message);
        Assert.Equal("training has diverged", error.InnerException!.Message);
    }

    [Fact]
    public void ADiskThatIsFullIsNoFailureOfATrial()
    {
        FakeTrialRunner runner = new() { Before = (trial, _) => { if (trial.Number == 2) throw new IOException("full"); } };
        Assert.Equal("full", Assert.Throws<IOException>(() => Run(Eight, runner)).Message);
    }

    [Fact]
    public void CandidatesThatBreakALimitAreNeverTrainedAndOthersTakeTheirPlaces()
    {
        TernaryExperimentOptions options = Eight with
        {
            SearchSpace = Eight.SearchSpace with { Digits = RecipeOption.Choice(TernaryDigits.One, TernaryDigits.FeedForwardTwo, TernaryDigits.Two) },
            MaxBytes = 1500,
            MinTextsPerSecond = 800,
        };
        FakeTrialRunner runner = new()
        {
            CostOf = trial => trial.Recipe.Digits.Name switch
            {
                "1" => new ModelCost(1000, 1, 1000),
                "ff2" => new ModelCost(1400, 2, 700),
                _ => new ModelCost(2000, 3, 900),
            },
        };
        Monitor monitor = new();
        TernaryExperimentResult result = Run(options, runner, monitor);

        Assert.All(result.Trials, trial => Assert.Equal(trial.Status != TernaryTrialStatus.Refused, trial.Trial.Recipe.Digits == TernaryDigits.One));
        Assert.Equal(8, runner.Trained.Count(run => run.Rung == 0));
        Assert.Equal(3, runner.Costs);
        string[] refused = [.. result.Trials.Where(trial => trial.Status == TernaryTrialStatus.Refused).Select(trial => trial.Reason!).Order(StringComparer.Ordinal)];
        Assert.Equal(["it would embed 700 texts a second, fewer than the 800 demanded", "its file would have 2,000 bytes, more than the 1,500 allowed"], refused);
        Assert.Equal(2, monitor.Lines.Count(line => line.StartsWith("refuse", StringComparison.Ordinal)));
    }

    [Fact]
    public void WhereNothingFitsTheErrorNamesTheSmallest()
    {
        FakeTrialRunner runner = new();
        string message = Assert.Throws<InvalidOperationException>(() => Run(Eight with { MaxBytes = 10 }, runner)).Message;
        Assert.Contains("1,000 bytes, more than the 10 allowed", message);
        Assert.Empty(runner.Trained);
        Assert.Contains("ms a text", Assert.Throws<InvalidOperationException>(() => Run(Eight with { MaxMillisecondsPerText = 0.5 }, runner)).Message);
    }

    [Fact]
    public void ASpaceWithFewerCandidatesThanTrialsIsTriedWhole()
    {
        FakeTrialRunner runner = new();
        Run(Eight with { SearchSpace = TernarySearchSpace.Empty with { LearningRate = RecipeOption.Choice(1e-3, 2e-3, 3e-3) } }, runner);
        Assert.Equal([1, 2, 3], runner.Trained.Where(run => run.Rung == 0).Select(run => run.Trial));
    }

    [Fact]
    public void CancellingReturnsTheBestSoFar()
    {
        using CancellationTokenSource stop = new();
        FakeTrialRunner runner = new() { Before = (trial, _) => { if (trial.Number == 4) stop.Cancel(); } };
        TernaryExperimentResult result = Run(Eight, runner, cancellation: stop.Token);
        Assert.Equal(TernaryExperimentEnd.Cancelled, result.End);
        Assert.Equal([1, 2, 3], result.Trials.Select(trial => trial.Trial.Number));
        Assert.Equal(result.Trials.Max(trial => trial.Metric), result.BestTrial.Metric);
    }

    [Fact]
    public void CancellingBeforeATrialEndedIsACancellation()
    {
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(Eight, new FakeTrialRunner(), cancellation: stop.Token));
    }

    [Fact]
    public void WhenTimeIsUpTheBestSoFarIsReturned()
    {
        FakeTrialRunner runner = new() { Before = (trial, cancellation) => { if (trial.Number == 3) cancellation.WaitHandle.WaitOne(); } };
        TernaryExperimentResult result = Run(Eight with { TimeBudget = TimeSpan.FromMilliseconds(300) }, runner);
        Assert.Equal(TernaryExperimentEnd.TimeUp, result.End);
        Assert.Equal(2, result.Trials.Count);
    }

    [Fact]
    public void WhenTimeIsUpBeforeATrialEndedTheErrorSaysWhatToChange()
    {
        FakeTrialRunner runner = new() { Before = (_, cancellation) => cancellation.WaitHandle.WaitOne() };
        Assert.Contains("TimeBudget", Assert.Throws<TimeoutException>(() => Run(Eight with { TimeBudget = TimeSpan.FromMilliseconds(50) }, runner)).Message);
    }

    [Fact]
    public void WhereTimeDecidesAllTrialsOfARungTrainEquallyLongAndLaterRungsLonger()
    {
        FakeTrialRunner runner = new();
        Run(Eight with { Steps = null, TimeBudget = TimeSpan.FromMinutes(10) }, runner);
        int[] steps = [.. Rungs(runner).Select(rung => rung.Select(run => run.To).Distinct().Single())];
        // A step takes a millisecond, and no time passes: each rung has nine tenths of ten minutes, divided by the rungs to come and by
        // the trials. The first trial, of which nothing is known, is given six tenths of its share.
        int[] expected = [10_125, 10_125 + 45_000, 10_125 + 45_000 + 135_000, 10_125 + 45_000 + 135_000 + 540_000];
        Assert.Equal(expected.Length, steps.Length);
        Assert.All(expected.Zip(steps), pair => Assert.InRange(pair.Second, 0.9 * pair.First, pair.First));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(6, 0)]
    [InlineData(-1, 1)]
    [InlineData(-1, 3)]
    public void StoppingAnywhereAndGoingOnGivesTheTrialsThatNotStoppingGives(int trialNumber, int rung)
    {
        TernaryExperimentResult whole = Run(Eight, new FakeTrialRunner());
        using CancellationTokenSource stop = new();
        TernaryExperimentOptions options = Eight with { Folder = _folder.Path };
        FakeTrialRunner first = new() { Before = (trial, _) => { if (trial.Rung == rung && (trial.Number == trialNumber || trialNumber < 0)) stop.Cancel(); } };
        try
        {
            Assert.Equal(TernaryExperimentEnd.Cancelled, Run(options, first, cancellation: stop.Token).End);
        }
        catch (OperationCanceledException) when (first.Trained.Count == 0)
        {
        }
        FakeTrialRunner second = new();
        Monitor monitor = new();
        TernaryExperimentResult resumed = Run(options, second, monitor);

        Assert.Equal(whole.Trials.Select(Comparable), resumed.Trials.Select(Comparable));
        Assert.Equal(Comparable(whole.BestTrial), Comparable(resumed.BestTrial));
        Assert.Equal(200, first.Trained.Concat(second.Trained).Sum(run => run.To - run.From));
        Assert.Equal(15, first.Trained.Count + second.Trained.Count);
        Assert.Equal(second.Trained.Count, monitor.Lines.Count(line => line.StartsWith("done", StringComparison.Ordinal)));
    }

    [Fact]
    public void GoingOnWhereTimeDecidesKeepsTheStepsOfTheRung()
    {
        using CancellationTokenSource stop = new();
        TernaryExperimentOptions options = Eight with { Folder = _folder.Path, Steps = null, TimeBudget = TimeSpan.FromMinutes(10) };
        FakeTrialRunner first = new() { Before = (trial, _) => { if (trial.Number == 3) stop.Cancel(); } };
        Run(options, first, cancellation: stop.Token);
        FakeTrialRunner second = new();
        Run(options with { TimeBudget = TimeSpan.FromMinutes(1) }, second);
        Assert.Equal(first.Trained[0].To, Assert.Single(second.Trained.Where(run => run.Rung == 0).Select(run => run.To).Distinct()));
    }

    [Fact]
    public void AnExperimentThatEndedGivesItsResultAgainWithoutTraining()
    {
        TernaryExperimentOptions options = Eight with { Folder = _folder.Path };
        TernaryExperimentResult first = Run(options, new FakeTrialRunner());
        FakeTrialRunner none = new();
        TernaryExperimentResult again = Run(options, none);
        Assert.Empty(none.Trained);
        Assert.Equal(first.Trials, again.Trials);
        Assert.Equal(first.Front, again.Front);
        Assert.True(File.Exists(again.BestTrial.ModelPath));
        Assert.Equal(15, File.ReadAllLines(_folder.File("trials.jsonl")).Length);
    }

    [Fact]
    public void TheFolderOfAnotherExperimentIsRefusedAndSaysWhatDiffers()
    {
        Run(Eight with { Folder = _folder.Path }, new FakeTrialRunner());
        string message = Assert.Throws<InvalidOperationException>(() => Run(Eight with { Folder = _folder.Path, Distillation = new() { Seed = 9 }, MaxTrials = 9 }, new FakeTrialRunner())).Message;
        Assert.Contains("differs in seed, trials", message);
        Assert.Contains(_folder.Path, message);
    }

    [Fact]
    public void AFolderOfOtherFilesOrInUseOrDamagedIsRefused()
    {
        File.WriteAllText(_folder.File("thesis.txt"), "precious");
        TernaryExperimentOptions options = Eight with { Folder = _folder.Path };
        Assert.Contains("no experiment", Assert.Throws<InvalidOperationException>(() => Run(options, new FakeTrialRunner())).Message);
        File.Delete(_folder.File("thesis.txt"));

        FakeTrialRunner nested = new() { Before = (trial, _) => { if (trial.Number == 2) Run(options, new FakeTrialRunner()); } };
        TernaryExperimentResult result = Run(options, nested);
        Assert.Contains("another run", result.Trials.Single(trial => trial.Status == TernaryTrialStatus.Failed).Reason);

        File.AppendAllText(_folder.File("trials.jsonl"), "{\"trial\":");
        Assert.Contains("trials.jsonl, line 1", Assert.Throws<InvalidDataException>(() => Run(options, new FakeTrialRunner())).Message);
        File.WriteAllText(_folder.File("experiment.json"), "{}");
        Assert.Contains("format", Assert.Throws<InvalidOperationException>(() => Run(options, new FakeTrialRunner())).Message);
    }

    [Fact]
    public void TheFrontHoldsTheBestOfEachTrialThatNoOtherBeatsAndItsModelsAreKept()
    {
        TernaryExperimentOptions options = Eight with
        {
            Folder = _folder.Path,
            SearchSpace = Eight.SearchSpace with { Digits = RecipeOption.Choice(TernaryDigits.One, TernaryDigits.Two) },
        };
        FakeTrialRunner runner = new()
        {
            CostOf = trial => trial.Recipe.Digits == TernaryDigits.One ? new ModelCost(1000, 1, 1000) : new ModelCost(2000, 2, 500),
            Metric = (trial, steps) => (trial.Recipe.Digits == TernaryDigits.One ? 0 : 1) + trial.Recipe.LearningRate!.Value + steps * 1e-9,
        };
        TernaryExperimentResult result = Run(options, runner);
        Assert.Equal(["1", "2"], result.Front.Select(trial => trial.Trial.Recipe.Digits.Name));
        Assert.Equal(result.BestTrial, result.Front[1]);
        Assert.Equal(result.Front.Select(trial => trial.ModelPath!).Order(), Directory.GetFiles(_folder.Path, "*.ternary").Order());
        Assert.All(result.Trials.Except(result.Front), trial => Assert.Null(trial.ModelPath));
    }

    [Fact]
    public void MonitorsHearEachTrialBeginGoOnAndEnd()
    {
        Monitor monitor = new();
        Run(Eight with { MaxTrials = 2, Steps = 4 }, new FakeTrialRunner { Metric = (trial, steps) => trial.Number + steps }, monitor);
        Assert.Equal(
            ["run 1.0", "step 1.0", "done 1.0", "best 1.0", "run 2.0", "step 2.0", "done 2.0", "best 2.0", "run 2.1", "step 2.1", "done 2.1", "best 2.1"],
            monitor.Lines);
    }

    [Fact]
    public void TheTableShowsAllTrialsMarksTheBestAndEndsWithTheFront()
    {
        StringWriter text = new();
        Run(Eight with { SpeedThreads = 3 }, new FakeTrialRunner { Before = (trial, _) => { if (trial.Number == 2) throw new InvalidOperationException("diverged"); } }).Print(text);
        string[] lines = text.ToString().Split(Environment.NewLine);
        Assert.StartsWith("cosine to the teacher: 8 trials in ", lines[0]);
        Assert.Contains("3 threads", lines[0]);
        Assert.Equal(2, lines.Count(line => line.StartsWith('*')));
        Assert.Single(lines, line => line.Contains("failed"));
        Assert.Contains("Pareto front of size, speed and quality", lines);
    }

    private static IEnumerable<IGrouping<int, (int Trial, int Rung, int From, int To)>> Rungs(FakeTrialRunner runner) =>
        runner.Trained.GroupBy(run => run.Rung).OrderBy(rung => rung.Key);

    private static (int, int, string, double?, int, double) Comparable(TernaryTrialResult result) =>
        (result.Trial.Number, result.Trial.Rung, result.Trial.Parameters, result.Metric, result.Steps, result.Seconds);

    private static TernaryExperimentResult Run(
        TernaryExperimentOptions options, FakeTrialRunner runner, ITernaryExperimentMonitor? monitor = null, CancellationToken cancellation = default)
    {
        options.Validate(FakeTrialRunner.Teacher);
        using ExperimentFolder folder = ExperimentFolder.Open(options.Folder, ExperimentIdentity.Of(FakeTrialRunner.Teacher, () => ["text"], options));
        using ExperimentSession session = new(options, runner, folder, monitor, Stopwatch.StartNew(), cancellation);
        return session.Run();
    }

    private sealed class Monitor : ITernaryExperimentMonitor
    {
        public List<string> Lines { get; } = [];

        public void ReportRunningTrial(TernaryTrial trial) => Lines.Add($"run {Name(trial)}");

        public void ReportTrialProgress(TernaryTrial trial, DistillationProgress progress) => Lines.Add($"step {Name(trial)}");

        public void ReportCompletedTrial(TernaryTrialResult result) => Lines.Add($"done {Name(result.Trial)}");

        public void ReportBestTrial(TernaryTrialResult result) => Lines.Add($"best {Name(result.Trial)}");

        public void ReportFailTrial(TernaryTrialResult result) => Lines.Add($"fail {Name(result.Trial)}: {result.Reason}");

        public void ReportRefusedTrial(TernaryTrialResult result) => Lines.Add($"refuse {Name(result.Trial)}");

        private static string Name(TernaryTrial trial) => $"{trial.Number}.{trial.Rung}";
    }
}

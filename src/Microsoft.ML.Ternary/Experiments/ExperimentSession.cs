// One run of an experiment: candidates are drawn, trained in rungs, ranked and promoted, and whatever ends it (the last rung, time,
// the user) what is known by then is the result.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Experiments;

internal sealed class ExperimentSession : IDisposable
{
    // Where nearly nothing fits the limits, that many draws a trial are made before the experiment is content with fewer trials.
    private const int DrawsPerTrial = 64;

    private readonly TernaryExperimentOptions _options;
    private readonly ITrialRunner _runner;
    private readonly ExperimentFolder _folder;
    private readonly ITernaryExperimentMonitor? _monitor;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _stop;
    private readonly RungClock _clock;
    private readonly IReadOnlyList<HalvingRung> _plan;
    private readonly Dictionary<(int Trial, int Rung), TrialLine> _known;
    private readonly Dictionary<string, ModelCost> _costs = [];
    private readonly List<TernaryTrialResult> _results = [];
    private TernaryTrialResult? _best;
    private Exception? _lastFailure;

    public ExperimentSession(
        TernaryExperimentOptions options, ITrialRunner runner, ExperimentFolder folder, ITernaryExperimentMonitor? monitor,
        Stopwatch started, CancellationToken cancellation)
    {
        (_options, _runner, _folder, _monitor, _cancellation) = (options, runner, folder, monitor, cancellation);
        _plan = HalvingPlan.Create(options.MaxTrials, options.ReductionFactor, options.Steps);
        _clock = new RungClock(started, options.Deadline);
        _known = folder.Lines.ToDictionary(line => (line.Trial, line.Rung));
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (_clock.Remaining is TimeSpan remaining)
            _stop.CancelAfter(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero);
    }

    private int BaseBatch => _options.Distillation.Recipe.BatchSize;

    private IEnumerable<TernaryTrialResult> Completed => _results.Where(result => result.Status == TernaryTrialStatus.Completed);

    public TernaryExperimentResult Run()
    {
        TernaryExperimentEnd end = TernaryExperimentEnd.Finished;
        try
        {
            RunRungs();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            end = _cancellation.IsCancellationRequested ? TernaryExperimentEnd.Cancelled : TernaryExperimentEnd.TimeUp;
        }
        TernaryTrialResult[] eligible = [.. Completed.Where(result => BrokenLimit(Cost(result)) is null)];
        if (eligible.Length == 0)
            throw NoModel(end);
        TernaryTrialResult best = ParetoFront.Best(eligible);
        return new TernaryExperimentResult(
            _options, [.. _results.Select(WithModelPath)], WithModelPath(best), [.. ParetoFront.Of(eligible).Select(WithModelPath)],
            _folder.LoadModel(best.Trial), _clock.Elapsed, end);
    }

    public void Dispose() => _stop.Dispose();

    private void RunRungs()
    {
        IReadOnlyList<TernaryTrialResult> completed = [];
        for (int rung = 0; rung < _plan.Count && (rung == 0 || completed.Count > 0); rung++)
            completed = rung == 0 ? RunFirstRung() : RunRung(rung, [.. ParetoFront.Ranked(completed).Take(_plan[rung].Trials)]);
    }

    // Candidates are drawn as they are trained, so that the first result does not wait for the size and speed of the last.
    private List<TernaryTrialResult> RunFirstRung()
    {
        List<TernaryTrialResult> completed = [];
        int? steps = StepsOf(0);
        foreach (TernaryTrial candidate in Draw())
        {
            TernaryTrialResult result = RunTrial(WithSteps(candidate, steps ?? 0), _clock.FirstTrial(_plan));
            if (result.Status == TernaryTrialStatus.Completed)
            {
                completed.Add(result);
                // What the first trial did in its time is what all do.
                steps ??= (int)Math.Max(1, (long)result.Steps * candidate.Recipe.BatchSize / BaseBatch);
            }
            Prune(0, candidate.Number, completed, []);
        }
        return completed;
    }

    private List<TernaryTrialResult> RunRung(int rung, TernaryTrialResult[] promoted)
    {
        List<TernaryTrialResult> completed = [];
        int steps = StepsOf(rung) ?? _clock.StepsOfRung(promoted, _plan.Count - rung);
        for (int i = 0; i < promoted.Length; i++)
        {
            TernaryTrialResult result = RunTrial(WithSteps(promoted[i].Trial with { Rung = rung }, steps), TimeSpan.Zero);
            if (result.Status == TernaryTrialStatus.Completed)
                completed.Add(result);
            Prune(rung, promoted[i].Trial.Number, completed, promoted.Skip(i + 1).Select(later => later.Trial.Number));
        }
        return completed;
    }

    // The plan's, or those that an earlier run of the experiment found time for.
    private int? StepsOf(int rung) =>
        _plan[rung].Steps ?? _folder.Lines.FirstOrDefault(line => line.Rung == rung && line.RungSteps > 0)?.RungSteps;

    private TernaryTrial WithSteps(TernaryTrial trial, int rungSteps) => trial with
    {
        RungSteps = rungSteps,
        Steps = (int)Math.Min(int.MaxValue, ((long)rungSteps * BaseBatch + trial.Recipe.BatchSize - 1) / trial.Recipe.BatchSize),
    };

    private IEnumerable<TernaryTrial> Draw()
    {
        DistillationOptions shared = _options.Distillation;
        LatinHypercube cube = new(_options.MaxTrials, _options.SearchSpace.Dimensions, shared.EffectiveSeed);
        HashSet<string> seen = [], refused = [];
        int number = 0, accepted = 0;
        for (int draw = 0; accepted < _options.MaxTrials && draw < (long)_options.MaxTrials * DrawsPerTrial; draw++)
        {
            _stop.Token.ThrowIfCancellationRequested();
            (TernaryRecipe recipe, IReadOnlyList<string> layers) = _options.SearchSpace.Candidate(shared, draw == 0 ? null : cube.At(draw - 1));
            recipe = recipe with { Name = string.Create(CultureInfo.InvariantCulture, $"{shared.Recipe.Name}, trial {number + 1}") };
            TernaryTrial trial = new() { Number = number + 1, Rung = 0, Recipe = recipe, FullPrecisionLayers = layers };
            if (refused.Contains(trial.Shape) || !seen.Add(trial.Parameters))
                continue;
            number++;
            if (Refuse(trial))
            {
                refused.Add(trial.Shape);
                continue;
            }
            accepted++;
            yield return trial;
        }
    }

    // Whether a candidate is not to be trained: it breaks a limit, or its size and speed cannot be told.
    private bool Refuse(TernaryTrial trial)
    {
        if (Known(trial) is TernaryTrialResult known)
        {
            _costs.TryAdd(trial.Shape, Cost(known));
            bool untrained = known.Status == TernaryTrialStatus.Refused || known.Bytes == 0;
            if (untrained)
                _results.Add(known);
            return untrained;
        }
        TernaryTrialResult result;
        try
        {
            if (!_costs.TryGetValue(trial.Shape, out ModelCost? cost))
                _costs.Add(trial.Shape, cost = _runner.Cost(trial, bytes => _options.BrokenLimit(bytes, 0, double.MaxValue) is null, _stop.Token));
            if (BrokenLimit(cost) is not string reason)
                return false;
            result = NewResult(trial, TernaryTrialStatus.Refused) with { Reason = reason };
        }
        catch (Exception e) when (IsTheTrials(e))
        {
            _lastFailure = e;
            _costs.Add(trial.Shape, new ModelCost(0, 0, 0));
            result = NewResult(trial, TernaryTrialStatus.Failed) with { Reason = e.Message };
        }
        Add(result, null);
        Report(result);
        return true;
    }

    private TernaryTrialResult RunTrial(TernaryTrial trial, TimeSpan time)
    {
        if (Known(trial) is TernaryTrialResult known)
        {
            _results.Add(known);
            UpdateBest(known);
            return known;
        }
        _stop.Token.ThrowIfCancellationRequested();
        _monitor?.ReportRunningTrial(trial);
        TernaryTrialResult result;
        EmbeddingModel? model = null;
        try
        {
            (result, model) = Train(trial, time);
        }
        catch (Exception e) when (IsTheTrials(e))
        {
            _lastFailure = e;
            result = NewResult(trial, TernaryTrialStatus.Failed) with { Reason = e.Message };
        }
        Add(result, model);
        Report(result);
        return result;
    }

    private (TernaryTrialResult Result, EmbeddingModel Model) Train(TernaryTrial trial, TimeSpan time)
    {
        double secondsBefore = _results.LastOrDefault(result => result.Trial.Number == trial.Number)?.Seconds ?? 0;
        TimeSpan start = _clock.Elapsed;
        TrialOutcome outcome = _runner.Run(trial, time, _folder.Checkpoint(trial.Number), new TrialProgress(_monitor, trial), _stop.Token);
        if (!double.IsFinite(outcome.Metric))
            throw new InvalidOperationException($"The metric of the trained model is {outcome.Metric}.");
        _clock.AddOverhead((_clock.Elapsed - start).TotalSeconds - (outcome.Seconds - secondsBefore));
        int rungSteps = trial.RungSteps > 0 ? trial.RungSteps : (int)Math.Max(1, (long)outcome.Steps * trial.Recipe.BatchSize / BaseBatch);
        TernaryTrialResult result = NewResult(trial with { RungSteps = rungSteps, Steps = outcome.Steps }, TernaryTrialStatus.Completed) with
        {
            Metric = outcome.Metric,
            Bytes = outcome.Bytes,
            Steps = outcome.Steps,
            Tokens = outcome.Tokens,
            Seconds = outcome.Seconds,
            Loss = double.IsFinite(outcome.Loss) ? outcome.Loss : null,
        };
        return (result, outcome.Model);
    }

    private TernaryTrialResult NewResult(TernaryTrial trial, TernaryTrialStatus status)
    {
        ModelCost cost = _costs[trial.Shape];
        return new TernaryTrialResult
        {
            Trial = trial,
            Status = status,
            Bytes = cost.Bytes,
            MillisecondsPerText = cost.MillisecondsPerText,
            TextsPerSecond = cost.TextsPerSecond,
        };
    }

    private void Add(TernaryTrialResult result, EmbeddingModel? model)
    {
        _folder.Add(result, model);
        _results.Add(result);
    }

    private void Report(TernaryTrialResult result)
    {
        switch (result.Status)
        {
            case TernaryTrialStatus.Refused:
                _monitor?.ReportRefusedTrial(result);
                break;
            case TernaryTrialStatus.Failed:
                _monitor?.ReportFailTrial(result);
                break;
            default:
                _monitor?.ReportCompletedTrial(result);
                if (UpdateBest(result))
                    _monitor?.ReportBestTrial(result);
                break;
        }
    }

    // What a full disk or the user stops would stop all others too.
    private static bool IsTheTrials(Exception e) => e is not (OperationCanceledException or IOException or CheckpointException);

    private bool UpdateBest(TernaryTrialResult result)
    {
        if (result.Status != TernaryTrialStatus.Completed || (_best is not null && ParetoFront.Best([_best, result]) != result))
            return false;
        _best = result;
        return true;
    }

    // A checkpoint holds three numbers a weight: only trials that may still be promoted keep theirs, and the best of the last rung.
    // What an earlier run of the experiment has kept is not judged before all that it knew is known again.
    private void Prune(int rung, int ended, IReadOnlyList<TernaryTrialResult> completed, IEnumerable<int> toCome)
    {
        if (_known.ContainsKey((ended, rung)))
            return;
        int next = rung + 1 < _plan.Count ? _plan[rung + 1].Trials : 1;
        _folder.KeepCheckpoints([.. ParetoFront.Ranked(completed).Take(next).Select(result => result.Trial.Number), .. toCome]);
        if (_best is not null)
            _folder.KeepModels([_best.Trial, .. ParetoFront.Of(Completed).Select(result => result.Trial)]);
    }

    private TernaryTrialResult? Known(TernaryTrial trial)
    {
        if (!_known.TryGetValue((trial.Number, trial.Rung), out TrialLine? line))
            return null;
        if (line.Parameters != trial.Parameters)
            throw new InvalidDataException($"Trial {trial.Number} of the experiment's folder had other settings ({line.Parameters}) than this version gives it ({trial.Parameters}). Name another folder.");
        return line.ToResult(trial);
    }

    private string? BrokenLimit(ModelCost cost) => _options.BrokenLimit(cost.Bytes, cost.MillisecondsPerText, cost.TextsPerSecond);

    private static ModelCost Cost(TernaryTrialResult result) => new(result.Bytes, result.MillisecondsPerText, result.TextsPerSecond);

    private TernaryTrialResult WithModelPath(TernaryTrialResult result) => result with { ModelPath = _folder.KeptModel(result.Trial) };

    private Exception NoModel(TernaryExperimentEnd end)
    {
        if (end == TernaryExperimentEnd.Cancelled)
            return new OperationCanceledException("The experiment was cancelled before a trial ended.", _cancellation);
        if (end == TernaryExperimentEnd.TimeUp)
            return new TimeoutException($"The time budget, {_options.Deadline}, was over before a trial ended. Raise {nameof(TernaryExperimentOptions.TimeBudget)}, or lower {nameof(TernaryExperimentOptions.MaxTrials)} or {nameof(TernaryExperimentOptions.Steps)}.");
        if (_results.LastOrDefault(result => result.Status == TernaryTrialStatus.Failed) is TernaryTrialResult failed)
            return new InvalidOperationException($"No trial succeeded. The last to fail ({failed.Trial.Parameters}): {failed.Reason}", _lastFailure);
        TernaryTrialResult? smallest = _results.MinBy(result => result.Bytes);
        return new InvalidOperationException($"No candidate is within the limits. The smallest ({smallest?.Trial.Parameters}) was refused because {smallest?.Reason}. Raise the limit, or allow fewer digits or bits in the search space.");
    }

    private sealed class TrialProgress(ITernaryExperimentMonitor? monitor, TernaryTrial trial) : IProgress<DistillationProgress>
    {
        public void Report(DistillationProgress value) => monitor?.ReportTrialProgress(trial, value);
    }
}

// One run of distillation: how many steps, the loop, and what is told and kept on the way.
using System.Diagnostics;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class DistillationRun : IDisposable
{
    private const int MeasuredBatches = 4;
    private const double ShareOfStepInGradients = 0.95;
    private const int DefaultEvaluations = 12;
    private const int TextsWhileRunning = 128;
    private const double LossSmoothing = 0.98;

    private readonly EmbeddingModel _model;
    private readonly DistillationOptions _options;
    private readonly IProgress<DistillationProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly DistillationTrainer _trainer;
    private readonly TrainingCorpus _corpus;
    private readonly HeldOutComparison _heldOut;
    private readonly bool _heldOutIsTrainingText;
    private readonly Stopwatch _clock = new();
    private readonly StateKeeper _keeper;
    private readonly List<string> _warnings = [];
    private readonly (int Step, long Tokens, double Seconds) _start;
    private DistillationState _state;
    private double _rate;
    private bool _keepDue = true, _checkpointDue, _moving;

    public DistillationRun(
        EmbeddingModel teacher, Func<IEnumerable<string?>> corpus, DistillationOptions options,
        IProgress<DistillationProgress>? progress, CancellationToken cancellation)
    {
        (_model, _options, _progress, _cancellation) = (teacher, options, progress, cancellation);
        (IReadOnlyList<string> heldOut, IReadOnlySet<long> rows) = HeldOutRows.Choose(options.HeldOut, corpus);
        _heldOutIsTrainingText = options.HeldOut is null && rows.Count == 0;
        var tokenizer = TextTokenizer.Create(teacher.Tokenizer);
        _corpus = new TrainingCorpus(corpus, tokenizer, options.Recipe.BatchSize, options.MaxLength, options.EffectiveSeed, rows)
        { Warn = Warn };
        string identity = DistillationCheckpoint.Identity(teacher, options);
        _trainer = new DistillationTrainer(teacher, options);
        try
        {
            // With the teacher as it is, not as bfloat16 rounds it.
            using TorchTextEncoder? exact = _trainer.TeacherIsExact ? null : new TorchTextEncoder(teacher, TorchSharp.torch.device(options.Device));
            _heldOut = new HeldOutComparison(heldOut, exact ?? _trainer.Teacher, cancellation);
            _keeper = new StateKeeper(options.CheckpointPath, identity, _trainer, _heldOut, Warn);
            if (options.StartFrom is not null && !options.GoesOn)
                DistillationCheckpoint.LoadWeights(options.StartFrom, _trainer.Trainables);
            _state = options.GoesOn
                ? DistillationCheckpoint.Load(options.CheckpointPath!, _trainer.Trainables, identity)
                : new DistillationState();
        }
        catch
        {
            _trainer.Dispose();
            throw;
        }
        if (_state.TokensAtOnce > 0)
            _trainer.TokensAtOnce = _state.TokensAtOnce;
        _start = (_state.Step, _state.Tokens, _state.Seconds);
    }

    /// <summary>The comparison with the teacher.</summary>
    public HeldOutComparison HeldOut => _heldOut;

    /// <summary>What teaches and learns.</summary>
    public DistillationTrainer Trainer => _trainer;

    public DistillationResult Run()
    {
        _clock.Start();
        try
        {
            if (_state.BestCosine is null)
                Evaluate();
            PlanSteps();
            Train();
            return Finish();
        }
        catch (DistillationDivergedException)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            _state = _keeper.Sound(_state);
            if (Save() is CheckpointException failure)
                throw new DistillationInterruptedException(_model.With(_trainer.Export()), _state.Step, failure, _cancellation);
            throw;
        }
        catch (Exception) when (_moving || _state.Step > _start.Step)
        {
            _state = _moving ? _keeper.Restore(_state) : _keeper.Sound(_state);
            Save();
            throw;
        }
    }

    public void Dispose() => _trainer.Dispose();

    private double Seconds => _start.Seconds + _clock.Elapsed.TotalSeconds;

    // The number of steps and the peak learning rate depend on each other through nothing but the plan, which is made before
    // the first step: a run that is given the number that a time budget led to takes the same steps.
    private void PlanSteps()
    {
        if (_state.TotalSteps == 0 || _options.Steps is not null)
            _state.TotalSteps = _options.Steps
                ?? (_options.TimeBudget is TimeSpan budget ? StepsIn(budget)
                    : _options.TokenBudget is long tokens ? StepsOf(tokens)
                    : _corpus.CountBatches() * _options.Epochs);
        if (_options.Recipe.LearningRate is double rate)
            (_state.PeakLearningRate, _state.PeakIsChosen) = (rate, false);
        else if (!_state.PeakIsChosen)
            (_state.PeakLearningRate, _state.PeakIsChosen) = (ChosenPeak(), true);
    }

    private double ChosenPeak() =>
        LearningRateSchedule.PeakFor(_corpus.BatchesFrom(default).First().MeanTokens * _state.TotalSteps, _options.Recipe.Digits);

    private int StepsOf(long tokens) => Math.Max(1, (int)Math.Round(tokens / _corpus.BatchesFrom(default).First().MeanTokens));

    // Runs a few batches forward and backward without moving the student.
    private int StepsIn(TimeSpan budget)
    {
        double meanTokens = 0;
        long tokens = 0;
        var watch = new Stopwatch();
        foreach ((TrainingBatch batch, _, _, double mean) in _corpus.BatchesFrom(_state.Position).Take(MeasuredBatches + 1))
        {
            AddGradients(batch);
            _trainer.ForgetGradients();
            meanTokens = mean;
            if (watch.IsRunning)
                tokens += batch.Tokens;
            watch.Start();
        }
        double secondsPerStep = watch.Elapsed.TotalSeconds / Math.Max(tokens, 1) * meanTokens / ShareOfStepInGradients;
        double left = (budget - _clock.Elapsed).TotalSeconds;
        return Math.Max(1, (int)(left / secondsPerStep));
    }

    private void Train()
    {
        TimeSpan lastCheckpoint = _clock.Elapsed, lastEvaluation = _clock.Elapsed;
        foreach ((TrainingBatch batch, int epoch, CorpusPosition next, _) in _corpus.BatchesFrom(_state.Position))
        {
            if (_state.Step >= _state.TotalSteps)
                return;
            Step(batch, epoch);
            _state.Position = next;
            double? cosine = null;
            if (_clock.Elapsed - lastEvaluation >= EvaluationInterval)
            {
                cosine = Evaluate();
                lastEvaluation = _clock.Elapsed;
                _keepDue = true;
            }
            if (_clock.Elapsed - lastCheckpoint >= _options.CheckpointInterval)
            {
                lastCheckpoint = _clock.Elapsed;
                _keepDue = _checkpointDue = true;
            }
            Report(cosine);
        }
    }

    private void Step(TrainingBatch batch, int epoch)
    {
        _rate = LearningRateSchedule.Rate(_options.Recipe, _state.PeakLearningRate, _state.Step, _state.TotalSteps, epoch);
        ShowTernary();
        double loss = AddGradients(batch);
        if (!double.IsFinite(loss))
            throw Diverged($"the loss is {loss}");
        if (LossWatch.Suspects(_state, loss, Math.Max(_options.Recipe.WarmUp, _options.Recipe.PrecisionRamp)))
            Judge(loss);
        double norm = _trainer.Step(_rate, _state.Step + 1, BeforeMoving);
        if (!double.IsFinite(norm))
            throw Diverged($"the gradient's norm is {norm}");
        _moving = false;
        double smoothing = Math.Min(LossSmoothing, (double)_state.Step / (_state.Step + 1));
        _state.Loss = smoothing * _state.Loss + (1 - smoothing) * loss;
        _state.Step++;
        _state.Texts += batch.Sequences.Count;
        _state.Tokens += batch.Tokens;
        LossWatch.Learn(_state, _options.Recipe.PrecisionRamp);
    }

    private double AddGradients(TrainingBatch batch)
    {
        int atOnce = _trainer.TokensAtOnce;
        double loss = _trainer.AddGradients(batch, _cancellation);
        if (_trainer.TokensAtOnce != atOnce)
        {
            _state.TokensAtOnce = _trainer.TokensAtOnce;
            Warn($"Memory ran short: from now on {_trainer.TokensAtOnce} tokens are computed at once instead of {atOnce}. Training may be slower, and the model will not be the same to the last digit.");
        }
        return loss;
    }

    // Loss and gradient have just shown that the present weights are sound, and nothing has moved them yet.
    private void BeforeMoving()
    {
        // A run may begin with a state whose last losses were high: that one is kept too, or there would be none.
        if (_keepDue && (_state.StepsAboveBest == 0 || !_keeper.HasState))
        {
            _keeper.Keep(_state);
            if (_checkpointDue)
                Save();
            _keepDue = _checkpointDue = false;
        }
        _moving = true;
    }

    private void Judge(double loss)
    {
        double cosine = Compare(TextsWhileRunning).Mean;
        if (LossWatch.IsLost(_state.BestCosine, cosine))
            throw Diverged(
                $"the loss, {loss:g3}, has been more than {LossWatch.Factor} times its best, {_state.BestLoss:g3}, for {LossWatch.Steps} steps, and the held-out cosine has fallen from {_state.BestCosine:0.000} to {cosine:0.000}");
        LossWatch.Acquit(_state);
        ShowTernary();
    }

    private double Evaluate()
    {
        double cosine = Compare(TextsWhileRunning).Mean;
        if (_state.BestCosine is not double best || cosine > best)
            _state.BestCosine = cosine;
        return cosine;
    }

    private void ShowTernary() => _trainer.ShowTernary(PrecisionRamp.TernaryShare(_options.Recipe, _state.Step, _state.TotalSteps));

    // The student is judged as it will be exported, however far a ramp has come.
    private HeldOutAgreement Compare(int mostTexts)
    {
        _trainer.ShowTernary(1);
        return _heldOut.Compare(_trainer.Student, Math.Min(mostTexts, _heldOut.Count), _cancellation);
    }

    private TimeSpan EvaluationInterval =>
        _options.EvaluationInterval ?? TimeSpan.FromSeconds(Math.Clamp(ExpectedSeconds / DefaultEvaluations, 2, 300));

    private double ExpectedSeconds =>
        _state.Step == _start.Step ? 0 : _clock.Elapsed.TotalSeconds * (_state.TotalSteps - _start.Step) / (_state.Step - _start.Step);

    private void Report(double? cosine)
    {
        int every = Math.Max(1, _state.TotalSteps / 200);
        if (cosine is not null || _state.Step % every == 0)
            _state.LossCurve.Add(new LossPoint(_state.Step, Seconds, _state.Loss, cosine));
        _progress?.Report(Progress());
    }

    private void Warn(string warning)
    {
        _warnings.Add(warning);
        _progress?.Report(Progress() with { Warning = warning });
    }

    private DistillationProgress Progress()
    {
        double seconds = _clock.Elapsed.TotalSeconds, divisor = Math.Max(seconds, 1e-9);
        return new DistillationProgress(
            _state.Step, _state.TotalSteps, _state.Position.Epoch, _state.Loss, _rate,
            _state.LossCurve.LastOrDefault(point => point.HeldOutCosine is not null)?.HeldOutCosine,
            (_state.Tokens - _start.Tokens) / divisor, (_state.Step - _start.Step) / divisor,
            TimeSpan.FromSeconds(Seconds), _state.TotalSteps == 0 ? null : TimeSpan.FromSeconds(Math.Max(0, ExpectedSeconds - seconds)));
    }

    private CheckpointException? Save()
    {
        _state.Seconds = Seconds;
        return _keeper.Write(_state);
    }

    private DistillationDivergedException Diverged(string what)
    {
        int step = Math.Min(_state.Step + 1, _state.TotalSteps);
        _state = _keeper.Restore(_state);
        bool onDisk = _options.CheckpointPath is not null && _state.Step > 0 && Save() is null;
        string message = DivergenceMessage.Of(what, step, _rate, _state, _options, _trainer.TeacherIsExact, onDisk);
        return new DistillationDivergedException(message, step, _rate, Result(Compare(_heldOut.Count)));
    }

    private DistillationResult Finish()
    {
        HeldOutAgreement agreement = Compare(_heldOut.Count);
        if (!agreement.StudentIsFinite)
            throw Diverged("the student's embeddings of held-out texts are no numbers");
        if (_state.StepsAboveBest > 0 && LossWatch.IsLost(_state.BestCosine, agreement.Mean))
            throw Diverged($"in the last steps the loss rose to more than {LossWatch.Factor} times its best, {_state.BestLoss:g3}, and the held-out cosine fell from {_state.BestCosine:0.000} to {agreement.Mean:0.000}");
        Save();
        return Result(agreement);
    }

    private DistillationResult Result(HeldOutAgreement agreement)
    {
        _state.LossCurve.Add(new LossPoint(_state.Step, Seconds, _state.Loss, agreement.Mean));
        BertWeights weights = _trainer.Export();
        ModelFileAccounting sizes = TernaryModelFile.Accounting(_model.With(weights));
        var report = new DistillationReport
        {
            Recipe = _options.Recipe with { LearningRate = _state.PeakLearningRate },
            Steps = _state.Step,
            Texts = _state.Texts,
            Tokens = _state.Tokens,
            Seconds = Seconds,
            CosineMean = agreement.Mean,
            CosineP5 = agreement.P5,
            HeldOutTexts = _heldOut.Count,
            HeldOutIsTrainingText = _heldOutIsTrainingText,
            LossCurve = [.. _state.LossCurve],
            ZeroShare = ZeroShare(weights),
            TeacherBytes = sizes.Float32Bytes,
            StudentBytes = sizes.TotalBytes,
            Warnings = [.. _warnings],
        };
        return new DistillationResult(_model.With(weights, DistillationProvenance.Of(_model, report, _options)), report);
    }

    private static double ZeroShare(BertWeights weights)
    {
        TernaryMatrix[] matrices = weights.Layers.SelectMany(layer => layer.Linears())
            .Select(part => part.Weights).OfType<TernaryLinearWeights>().Select(linear => linear.Matrix).ToArray();
        return matrices.Length == 0 ? 0 : matrices.Sum(matrix => (double)matrix.CountZeros()) / matrices.Sum(matrix => (double)matrix.Rows * matrix.Columns);
    }
}

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
    private readonly string _identity;
    private readonly TrainingCorpus _corpus;
    private readonly HeldOutComparison _heldOut;
    private readonly bool _heldOutIsTrainingText;
    private readonly Stopwatch _clock = new();
    private readonly DistillationState _state;
    private readonly (int Step, long Tokens, double Seconds) _start;

    public DistillationRun(
        EmbeddingModel teacher, Func<IEnumerable<string?>> corpus, DistillationOptions options,
        IProgress<DistillationProgress>? progress, CancellationToken cancellation)
    {
        (_model, _options, _progress, _cancellation) = (teacher, options, progress, cancellation);
        (IReadOnlyList<string> heldOut, IReadOnlySet<long> rows) = HeldOutRows.Choose(options.HeldOut, corpus);
        _heldOutIsTrainingText = options.HeldOut is null && rows.Count == 0;
        var tokenizer = TextTokenizer.Create(teacher.Tokenizer);
        _corpus = new TrainingCorpus(corpus, tokenizer, options.Recipe.BatchSize, options.MaxLength, options.EffectiveSeed, rows);
        _identity = DistillationCheckpoint.Identity(teacher, options);
        _trainer = new DistillationTrainer(teacher, options);
        try
        {
            _heldOut = new HeldOutComparison(heldOut, _trainer.Teacher, cancellation);
            if (options.StartFrom is not null)
                DistillationCheckpoint.LoadWeights(options.StartFrom, _trainer.Trainables);
            _state = options.Resume && File.Exists(options.CheckpointPath)
                ? DistillationCheckpoint.Load(options.CheckpointPath, _trainer.Trainables, _identity)
                : new DistillationState();
        }
        catch
        {
            _trainer.Dispose();
            throw;
        }
        _start = (_state.Step, _state.Tokens, _state.Seconds);
    }

    public DistillationResult Run()
    {
        _clock.Start();
        try
        {
            PlanSteps();
            Train();
        }
        catch (OperationCanceledException)
        {
            SaveCheckpoint();
            throw;
        }
        return Finish();
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
        if (_state.PeakLearningRate == 0)
        {
            double tokens = _corpus.BatchesFrom(default).First().MeanTokens * _state.TotalSteps;
            _state.PeakLearningRate = _options.Recipe.LearningRate ?? LearningRateSchedule.PeakFor(tokens, _options.Recipe.Digits);
        }
    }

    private int StepsOf(long tokens) => Math.Max(1, (int)Math.Round(tokens / _corpus.BatchesFrom(default).First().MeanTokens));

    // Runs a few batches forward and backward without moving the student.
    private int StepsIn(TimeSpan budget)
    {
        double meanTokens = 0;
        long tokens = 0;
        var watch = new Stopwatch();
        foreach ((TrainingBatch batch, _, _, double mean) in _corpus.BatchesFrom(_state.Position).Take(MeasuredBatches + 1))
        {
            _trainer.AddGradients(batch, _cancellation);
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
            double rate = Step(batch, epoch);
            _state.Position = next;
            double? cosine = null;
            if (_clock.Elapsed - lastEvaluation >= EvaluationInterval)
            {
                cosine = Compare(Math.Min(TextsWhileRunning, _heldOut.Count)).Mean;
                lastEvaluation = _clock.Elapsed;
            }
            if (_clock.Elapsed - lastCheckpoint >= _options.CheckpointInterval)
            {
                SaveCheckpoint();
                lastCheckpoint = _clock.Elapsed;
            }
            Report(rate, cosine);
        }
    }

    private double Step(TrainingBatch batch, int epoch)
    {
        double rate = LearningRateSchedule.Rate(_options.Recipe, _state.PeakLearningRate, _state.Step, _state.TotalSteps, epoch);
        _trainer.ShowTernary(PrecisionRamp.TernaryShare(_options.Recipe, _state.Step, _state.TotalSteps));
        double loss = _trainer.AddGradients(batch, _cancellation);
        double norm = _trainer.Step(rate, _state.Step + 1);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw new InvalidOperationException(
                $"The loss is {loss} and the gradient's norm {norm} at step {_state.Step + 1} of {_state.TotalSteps}, with learning rate {rate:g3}: training has diverged. "
                + $"Lower {nameof(TernaryRecipe)}.{nameof(TernaryRecipe.LearningRate)} or set {nameof(TernaryRecipe.GradientClipping)}.");
        double smoothing = Math.Min(LossSmoothing, (double)_state.Step / (_state.Step + 1));
        _state.Loss = smoothing * _state.Loss + (1 - smoothing) * loss;
        _state.Step++;
        _state.Texts += batch.Sequences.Count;
        _state.Tokens += batch.Tokens;
        return rate;
    }

    // The student is judged as it will be exported, however far a ramp has come.
    private (double Mean, double P5) Compare(int texts)
    {
        _trainer.ShowTernary(1);
        return _heldOut.Compare(_trainer.Student, texts, _cancellation);
    }

    private TimeSpan EvaluationInterval =>
        _options.EvaluationInterval ?? TimeSpan.FromSeconds(Math.Clamp(ExpectedSeconds / DefaultEvaluations, 2, 300));

    private double ExpectedSeconds =>
        _state.Step == _start.Step ? 0 : _clock.Elapsed.TotalSeconds * (_state.TotalSteps - _start.Step) / (_state.Step - _start.Step);

    private void Report(double rate, double? cosine)
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        int every = Math.Max(1, _state.TotalSteps / 200);
        if (cosine is not null || _state.Step % every == 0)
            _state.LossCurve.Add(new LossPoint(_state.Step, Seconds, _state.Loss, cosine));
        cosine ??= _state.LossCurve.LastOrDefault(point => point.HeldOutCosine is not null)?.HeldOutCosine;
        _progress?.Report(new DistillationProgress(
            _state.Step, _state.TotalSteps, _state.Position.Epoch, _state.Loss, rate, cosine,
            (_state.Tokens - _start.Tokens) / seconds, (_state.Step - _start.Step) / seconds,
            TimeSpan.FromSeconds(Seconds), TimeSpan.FromSeconds(Math.Max(0, ExpectedSeconds - seconds))));
    }

    private void SaveCheckpoint()
    {
        if (_options.CheckpointPath is null)
            return;
        _state.Seconds = Seconds;
        DistillationCheckpoint.Save(_options.CheckpointPath, _trainer.Trainables, _state, _identity);
    }

    private DistillationResult Finish()
    {
        SaveCheckpoint();
        (double mean, double p5) = Compare(_heldOut.Count);
        _state.LossCurve.Add(new LossPoint(_state.Step, Seconds, _state.Loss, mean));
        BertWeights weights = _trainer.Export();
        ModelFileAccounting sizes = TernaryModelFile.Accounting(_model.With(weights));
        var report = new DistillationReport
        {
            Recipe = _options.Recipe with { LearningRate = _state.PeakLearningRate },
            Steps = _state.Step,
            Texts = _state.Texts,
            Tokens = _state.Tokens,
            Seconds = Seconds,
            CosineMean = mean,
            CosineP5 = p5,
            HeldOutTexts = _heldOut.Count,
            HeldOutIsTrainingText = _heldOutIsTrainingText,
            LossCurve = [.. _state.LossCurve],
            ZeroShare = ZeroShare(weights),
            TeacherBytes = sizes.Float32Bytes,
            StudentBytes = sizes.TotalBytes,
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

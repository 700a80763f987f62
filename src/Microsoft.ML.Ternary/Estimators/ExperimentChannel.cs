// Passes an experiment's reports on to where ML.NET's users look for them: its log, its progress channel, and the caller's monitor.
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Experiments;

namespace Microsoft.ML.Ternary;

internal sealed class ExperimentChannel : ITernaryExperimentMonitor, IDisposable
{
    private const string Name = "Ternary experiment";

    private readonly ITernaryExperimentMonitor? _also;
    private readonly IChannel _messages;
    private readonly IProgressChannel _channel;
    private volatile int _ended;
    private double _best = double.NaN;

    public ExperimentChannel(IHost host, ITernaryExperimentMonitor? also)
    {
        _also = also;
        _messages = host.Start(Name);
        _channel = host.StartProgressChannel(Name);
        _channel.SetHeader(new ProgressHeader(["best metric"], ["trials"]), Fill);
    }

    public void ReportRunningTrial(TernaryTrial trial)
    {
        Say($"Trial {trial.Number} begins rung {trial.Rung}: {trial.Parameters}");
        _also?.ReportRunningTrial(trial);
    }

    public void ReportTrialProgress(TernaryTrial trial, DistillationProgress progress)
    {
        if (progress.Warning is string warning)
            _messages.Warning($"Trial {trial.Number}, rung {trial.Rung}: {warning}");
        _also?.ReportTrialProgress(trial, progress);
    }

    public void ReportCompletedTrial(TernaryTrialResult result)
    {
        _ended++;
        Say($"Trial {result.Trial.Number} ended rung {result.Trial.Rung}: metric {result.Metric:0.0000}, {result.Bytes:N0} bytes, {result.TextsPerSecond:N0} texts/s, {result.Steps:N0} steps in {result.Seconds:0} s");
        _also?.ReportCompletedTrial(result);
    }

    public void ReportBestTrial(TernaryTrialResult result)
    {
        Volatile.Write(ref _best, result.Metric ?? double.NaN);
        Say($"Trial {result.Trial.Number} is the best so far.");
        _also?.ReportBestTrial(result);
    }

    public void ReportFailTrial(TernaryTrialResult result)
    {
        _ended++;
        _messages.Warning(FormattableString.Invariant($"Trial {result.Trial.Number} failed on rung {result.Trial.Rung}: {result.Reason}"));
        _also?.ReportFailTrial(result);
    }

    public void ReportRefusedTrial(TernaryTrialResult result)
    {
        Say($"Trial {result.Trial.Number} is not trained, because {result.Reason}: {result.Trial.Parameters}");
        _also?.ReportRefusedTrial(result);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _messages.Dispose();
    }

    private void Say(FormattableString text) => _messages.Info(MessageSensitivity.None, FormattableString.Invariant(text));

    private void Fill(IProgressEntry entry)
    {
        entry.SetProgress(0, _ended);
        double best = Volatile.Read(ref _best);
        if (!double.IsNaN(best))
            entry.SetMetric(0, best);
    }
}

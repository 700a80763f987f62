// Passes the distiller's progress on to where ML.NET's users look for it: the progress channel at any time, the log every few
// seconds, and the caller's own listener at once.
using System.Diagnostics;
using System.Text;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary;

internal sealed class DistillationProgressChannel : IProgress<DistillationProgress>, IDisposable
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    private readonly IChannel _channel;
    private readonly IProgressChannel _progressChannel;
    private readonly IProgress<DistillationProgress>? _listener;
    private readonly Stopwatch _sinceLogged = Stopwatch.StartNew();
    private volatile DistillationProgress? _latest;

    public DistillationProgressChannel(IHost host, IChannel channel, IProgress<DistillationProgress>? listener)
    {
        _channel = channel;
        _listener = listener;
        _progressChannel = host.StartProgressChannel("Distilling");
        _progressChannel.SetHeader(
            new ProgressHeader(["loss", "held-out cosine", "steps/s", "tokens/s", "seconds left"], ["steps"]), Fill);
    }

    public void Report(DistillationProgress value)
    {
        if (value.Warning is string warning)
        {
            _channel.Warning(MessageSensitivity.None, warning);
            _listener?.Report(value);
            return;
        }
        bool measured = value.HeldOutCosine is not null && value.HeldOutCosine != _latest?.HeldOutCosine;
        _latest = value;
        _listener?.Report(value);
        if (measured)
            _progressChannel.Checkpoint(value.Loss, value.HeldOutCosine, value.StepsPerSecond, value.TokensPerSecond, value.Remaining?.TotalSeconds, value.Step);
        if (!measured && _sinceLogged.Elapsed < LogInterval)
            return;
        _sinceLogged.Restart();
        _channel.Info(MessageSensitivity.None, Describe(value));
    }

    public void Dispose() => _progressChannel.Dispose();

    private static string Describe(DistillationProgress value)
    {
        StringBuilder text = new();
        text.Append(FormattableString.Invariant($"step {value.Step}"));
        if (value.TotalSteps > 0)
            text.Append(FormattableString.Invariant($" of {value.TotalSteps}"));
        text.Append(FormattableString.Invariant($", loss {value.Loss:0.0000}"));
        if (value.HeldOutCosine is double cosine)
            text.Append(FormattableString.Invariant($", held-out cosine {cosine:0.0000}"));
        text.Append(FormattableString.Invariant($", {value.StepsPerSecond:0.00} steps/s, {value.TokensPerSecond:0} tokens/s"));
        if (value.Remaining is TimeSpan remaining)
            text.Append(FormattableString.Invariant($", {remaining.TotalSeconds:0} s left"));
        return text.ToString();
    }

    private void Fill(IProgressEntry entry)
    {
        if (_latest is not DistillationProgress value)
            return;
        entry.SetProgress(0, value.Step, value.TotalSteps > 0 ? value.TotalSteps : double.NaN);
        entry.SetMetric(0, value.Loss);
        if (value.HeldOutCosine is double cosine)
            entry.SetMetric(1, cosine);
        entry.SetMetric(2, value.StepsPerSecond);
        entry.SetMetric(3, value.TokensPerSecond);
        if (value.Remaining is TimeSpan remaining)
            entry.SetMetric(4, remaining.TotalSeconds);
    }
}

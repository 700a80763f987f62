// Passes the tuner's progress on to ML.NET's progress channel and to whoever else listens.
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

internal sealed class TuningProgressChannel : IProgress<AnnTuningProgress>, IDisposable
{
    private const string Name = "Tuning nearest neighbours";

    private readonly IProgress<AnnTuningProgress>? _also;
    private readonly IChannel _messages;
    private readonly IProgressChannel _channel;
    private volatile int _trials;

    public TuningProgressChannel(IHost host, IProgress<AnnTuningProgress>? also)
    {
        _also = also;
        _messages = host.Start(Name);
        _channel = host.StartProgressChannel(Name);
        _channel.SetHeader(new ProgressHeader("trials"), entry => entry.SetProgress(0, _trials));
    }

    public void Report(AnnTuningProgress value)
    {
        _trials = value.Trials;
        _messages.Info(MessageSensitivity.None, value.Message);
        _also?.Report(value);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _messages.Dispose();
    }
}

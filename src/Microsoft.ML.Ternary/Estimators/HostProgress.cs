// Ties work that reports through IProgress and stops on a CancellationToken to ML.NET's progress channel and to the cancellation
// of its host.
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

internal sealed class HostProgress : IProgress<IndexBuildProgress>, IDisposable
{
    private readonly IHost _host;
    private readonly IProgressChannel _channel;
    private readonly CancellationTokenSource _cancellation = new();
    private volatile int _done;
    private volatile int _total;

    public HostProgress(IHost host, string name, string unit)
    {
        _host = host;
        _channel = host.StartProgressChannel(name);
        _channel.SetHeader(new ProgressHeader(unit), entry => entry.SetProgress(0, _done, _total));
    }

    /// <summary>Is cancelled when the host is.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    public void Report(IndexBuildProgress value)
    {
        _done = value.Done;
        _total = value.Total;
        if (_host is ICancelable { IsCanceled: true })
            _cancellation.Cancel();
    }

    public void Dispose()
    {
        _channel.Dispose();
        _cancellation.Dispose();
    }
}

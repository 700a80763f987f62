// ML.NET's environments are cancelled by a flag that long work has to look at; the encoder and the distiller take a token.
// This watches the flag for as long as the work lasts.
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Ternary;

/// <summary>A token that is cancelled when the host or the caller's own token is.</summary>
internal sealed class HostCancellation : IDisposable
{
    private const int PollMilliseconds = 100;

    private readonly Lock _lock = new();
    private readonly IHost _host;
    private readonly CancellationTokenSource _source;
    private readonly Timer _timer;
    private bool _disposed;

    public HostCancellation(IHost host, CancellationToken token = default)
    {
        _host = host;
        _source = CancellationTokenSource.CreateLinkedTokenSource(token);
        _timer = new Timer(_ => Poll(), null, PollMilliseconds, PollMilliseconds);
        Poll();
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _timer.Dispose();
            _source.Dispose();
        }
    }

    private void Poll()
    {
        lock (_lock)
        {
            if (!_disposed && _host is ICancelable { IsCanceled: true })
                _source.Cancel();
        }
    }
}

// Passes the progress of an index that is being built on to ML.NET's progress channel.
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

internal sealed class HostProgress : IProgress<IndexBuildProgress>, IDisposable
{
    private readonly IProgressChannel _channel;
    private volatile int _done;
    private volatile int _total;

    public HostProgress(IHost host, string name, string unit)
    {
        _channel = host.StartProgressChannel(name);
        _channel.SetHeader(new ProgressHeader(unit), entry => entry.SetProgress(0, _done, _total));
    }

    // The channel asks for the numbers when somebody looks.
    public void Report(IndexBuildProgress value)
    {
        _done = value.Done;
        _total = value.Total;
    }

    public void Dispose() => _channel.Dispose();
}

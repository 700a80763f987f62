// A process opens a device once, however many encoders run on it: each opening costs a context on the device and the compilation
// of every kernel.
namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>A share in an open device, which is closed when its last share is disposed.</summary>
public sealed class GpuDeviceLease : IDisposable
{
    private static readonly Dictionary<GpuDeviceInfo, Shared> Open = [];

    private readonly Shared _shared;
    private bool _disposed;

    /// <summary>Takes a share, opening the device where it is the first.</summary>
    /// <exception cref="InvalidOperationException">The device cannot be opened.</exception>
    public GpuDeviceLease(GpuDeviceInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        lock (Open)
        {
            if (!Open.TryGetValue(info, out Shared? shared))
                Open[info] = shared = new Shared(GpuDevice.Open(info));
            shared.Users++;
            _shared = shared;
        }
    }

    /// <summary>The device.</summary>
    public GpuDevice Device => _shared.Device;

    /// <summary>Gives the share back.</summary>
    public void Dispose()
    {
        lock (Open)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (--_shared.Users > 0)
                return;
            Open.Remove(Device.Info);
            Device.Dispose();
        }
    }

    private sealed class Shared(GpuDevice device)
    {
        public GpuDevice Device { get; } = device;

        public int Users { get; set; }
    }
}

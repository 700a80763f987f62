// Memory on the host that the device reads and writes while the processor does something else; grows like GpuBuffer. Where the
// system refuses to lock memory (ulimit -l), ordinary memory serves as well, only slower.
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal sealed class PinnedBuffer<T>(GpuDevice device) : IDisposable
    where T : unmanaged
{
    private PageLockedArray1D<T>? _locked;
    private CPUMemoryBuffer? _ordinary;

    public unsafe Span<T> Span => _locked is not null ? _locked.Span
        : _ordinary is not null ? new Span<T>((void*)_ordinary.NativePtr, (int)_ordinary.Length) : default;

    private ArrayView<T> View => _locked is not null ? _locked.ArrayView : new ArrayView<T>(_ordinary!, 0, _ordinary!.Length);

    public void Grow(int length)
    {
        if (Span.Length >= length)
            return;
        Dispose();
        if (device.LocksHostMemory)
        {
            try
            {
                _locked = device.Accelerator.AllocatePageLocked1D<T>(length);
                return;
            }
            catch (AcceleratorException)
            {
                device.LocksHostMemory = false;
            }
        }
        _ordinary = CPUMemoryBuffer.Create(device.Accelerator, length, Interop.SizeOf<T>());
    }

    /// <summary>Starts copying the first values to the device.</summary>
    public void Upload(AcceleratorStream stream, ArrayView<T> target, int length) =>
        target.SubView(0, length).CopyFrom(stream, View.SubView(0, length));

    /// <summary>Starts copying the first values from the device.</summary>
    public void Download(AcceleratorStream stream, ArrayView<T> source, int length) =>
        source.SubView(0, length).CopyTo(stream, View.SubView(0, length));

    public void Dispose()
    {
        _locked?.Dispose();
        _ordinary?.Dispose();
        (_locked, _ordinary) = (null, null);
    }
}

// Memory on the host that the device reads and writes while the processor does something else; grows like GpuBuffer.
using ILGPU;
using ILGPU.Runtime;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal sealed class PinnedBuffer<T>(GpuDevice device) : IDisposable
    where T : unmanaged
{
    private PageLockedArray1D<T>? _array;

    public Span<T> Span => _array is null ? default : _array.Span;

    public void Grow(int length)
    {
        if (_array is not null && _array.Length >= length)
            return;
        Dispose();
        _array = device.Accelerator.AllocatePageLocked1D<T>(length);
    }

    /// <summary>Starts copying the first values to the device.</summary>
    public void Upload(AcceleratorStream stream, ArrayView<T> target, int length) =>
        target.SubView(0, length).CopyFrom(stream, _array!.ArrayView.SubView(0, length));

    /// <summary>Starts copying the first values from the device.</summary>
    public void Download(AcceleratorStream stream, ArrayView<T> source, int length) =>
        source.SubView(0, length).CopyTo(stream, _array!.ArrayView.SubView(0, length));

    public void Dispose()
    {
        _array?.Dispose();
        _array = null;
    }
}

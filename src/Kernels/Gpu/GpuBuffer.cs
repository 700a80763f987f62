// Memory on a device that grows to the largest batch seen and is then used again.
using ILGPU;
using ILGPU.Runtime;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>A buffer that grows. Growing discards its contents; nothing may be running on it.</summary>
internal sealed class GpuBuffer<T>(GpuDevice device) : IDisposable
    where T : unmanaged
{
    private MemoryBuffer1D<T, Stride1D.Dense>? _buffer;

    public ArrayView<T> View => _buffer is null ? default : _buffer.View;

    /// <exception cref="GpuOutOfMemoryException">There is no room.</exception>
    public void Grow(long length)
    {
        if (_buffer is not null && _buffer.Length >= length)
            return;
        Dispose();
        _buffer = device.Allocate<T>(length);
    }

    public void Dispose()
    {
        device.Free(_buffer);
        _buffer = null;
    }
}

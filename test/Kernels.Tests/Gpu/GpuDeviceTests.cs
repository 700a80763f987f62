// What a device that has failed leaves to do: free the rest, and keep quiet about it.
using ILGPU.Runtime.OpenCL;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Gpu;

public class GpuDeviceTests
{
    [Fact]
    public void FreeingOnAFailedDeviceDoesNotHideWhyItFailed()
    {
        var resource = new Resource(new CLException(CLError.CL_OUT_OF_RESOURCES));
        GpuDevice.FreeEvenIfFailed(resource);
        Assert.True(resource.IsFreed);
        GpuDevice.FreeEvenIfFailed(null);
    }

    [Fact]
    public void MistakesOfOursAreNotTakenForADevicesFailure() =>
        Assert.Throws<ObjectDisposedException>(() => GpuDevice.FreeEvenIfFailed(new Resource(new ObjectDisposedException("it"))));

    private sealed class Resource(Exception failure) : IDisposable
    {
        public bool IsFreed { get; private set; }

        public void Dispose()
        {
            IsFreed = true;
            throw failure;
        }
    }
}

// Which device is taken, and what is said where it cannot be had.
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class GpuDeviceSelectionTests
{
    private const int NoSuchDevice = 99;

    [Fact]
    public void WithoutADeviceTheCpuRuns()
    {
        using TextEncoder encoder = new(TestModels.Tiny());
        Assert.Equal("the CPU", encoder.Device);
        Assert.Null(encoder.DeviceFallbackReason);
    }

    [Fact]
    public void ADeviceThatIsNotThereIsReplacedByTheCpuWithTheReason()
    {
        using TextEncoder encoder = new(TestModels.Tiny(), new TextEncoderOptions { GpuDeviceId = NoSuchDevice, FallbackToCpu = true });
        Assert.Equal("the CPU", encoder.Device);
        Assert.Contains("GpuDeviceId is 99, but", encoder.DeviceFallbackReason);
        Assert.Equal(encoder.Dimension, encoder.Embed("the cat").Length);
    }

    [Fact]
    public void ADeviceThatIsNotThereIsAnErrorWhereTheCpuMustNotStandIn()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
            new TextEncoder(TestModels.Tiny(), new TextEncoderOptions { GpuDeviceId = NoSuchDevice }));
        Assert.Contains("GpuDeviceId is 99, but", error.Message);
        Assert.Contains("FallbackToCpu", error.Message);
        if (GpuDevices.List().Count == 0)
            Assert.Contains("install", error.Message);
    }

    [Fact]
    public void ANegativeNumberIsRefused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new TextEncoder(TestModels.Tiny(), new TextEncoderOptions { GpuDeviceId = -1 }));
        Assert.Contains("GpuDeviceId is -1", error.Message);
    }

    [Fact]
    public void OnlyGpusHaveNumbers() =>
        Assert.All(GpuDevices.List(), device => Assert.True(device.Kind is GpuDeviceKind.Cuda or GpuDeviceKind.OpenCL));

    [Fact]
    public void ADeviceThatCannotBeOpenedIsAReasonToo()
    {
        GpuDeviceInfo info = new(GpuDeviceKind.OpenCL, Index: 77, "a device that was unplugged", 0);
        using TextEncoder encoder = new(TestModels.Tiny(), new TextEncoderOptions { Device = info, FallbackToCpu = true });
        Assert.Contains("a device that was unplugged", encoder.DeviceFallbackReason);
    }
}

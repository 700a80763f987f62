// The devices of this machine as tests want them: opened once, and a reason where there is none.
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Gpu;

internal static class TestDevices
{
    private static readonly Lazy<IReadOnlyList<GpuDeviceInfo>> All = new(GpuDevices.ListAll);
    private static readonly Dictionary<GpuDeviceKind, GpuDevice> Opened = [];

    public static GpuDeviceInfo? Find(GpuDeviceKind kind) => All.Value.FirstOrDefault(device => device.Kind == kind);

    /// <summary>The first device of a kind; the test that asks is skipped where there is none.</summary>
    public static GpuDevice Get(GpuDeviceKind kind)
    {
        lock (Opened)
        {
            if (Opened.TryGetValue(kind, out GpuDevice? device))
                return device;
            GpuDeviceInfo? info = Find(kind);
            Assert.SkipWhen(info is null, $"This machine has no device of the kind {kind}. {GpuDevices.DescribeObstacles()}");
            return Opened[kind] = GpuDevice.Open(info!);
        }
    }
}

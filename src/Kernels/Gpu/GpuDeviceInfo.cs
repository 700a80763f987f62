// What there is to choose from, as plain values: naming devices must not load what running them needs.
namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>By what means a device is reached.</summary>
public enum GpuDeviceKind
{
    /// <summary>An NVIDIA GPU, through its driver.</summary>
    Cuda,

    /// <summary>A GPU through OpenCL.</summary>
    OpenCL,

    /// <summary>A processor that offers OpenCL (PoCL, for example). For tests; never chosen by number.</summary>
    OpenCLProcessor,

    /// <summary>ILGPU's emulation, one system thread for each thread of a group. For tests; never chosen by number.</summary>
    Emulated,
}

/// <summary>One device.</summary>
/// <param name="Kind">By what means it is reached.</param>
/// <param name="Index">Its position among the devices of its kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="MemoryBytes">Its memory.</param>
public sealed record GpuDeviceInfo(GpuDeviceKind Kind, int Index, string Name, long MemoryBytes)
{
    /// <summary>Name, means and memory, for messages.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name} ({Kind}, {MemoryBytes / 1048576.0:0} MiB)");
}

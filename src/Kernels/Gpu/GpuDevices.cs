// Finds the devices of this machine. Numbers, as MLContext.GpuDeviceId has them, count CUDA devices first and then GPUs that
// offer OpenCL; what only pretends to be a GPU has no number.
using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>The devices of this machine.</summary>
public static class GpuDevices
{
    private static readonly Lazy<string?> OpenCLObstacle = new(ResolveOpenCL);

    /// <summary>The devices that have numbers, in the order of their numbers.</summary>
    public static IReadOnlyList<GpuDeviceInfo> List() =>
        [.. ListAll().Where(device => device.Kind is GpuDeviceKind.Cuda or GpuDeviceKind.OpenCL)];

    /// <summary>All devices, those that only serve tests included.</summary>
    public static IReadOnlyList<GpuDeviceInfo> ListAll()
    {
        using Context context = CreateContext();
        List<GpuDeviceInfo> devices = [];
        foreach (CudaDevice device in context.GetCudaDevices())
            devices.Add(new GpuDeviceInfo(GpuDeviceKind.Cuda, devices.Count, device.Name, device.MemorySize));
        bool hasCuda = devices.Count > 0;
        int index = 0;
        foreach (CLDevice device in context.GetCLDevices())
        {
            // What CUDA reaches already is not counted twice.
            bool isGpu = device.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_GPU);
            if (!(isGpu && hasCuda && device.Vendor == CLDeviceVendor.Nvidia))
                devices.Add(new GpuDeviceInfo(isGpu ? GpuDeviceKind.OpenCL : GpuDeviceKind.OpenCLProcessor, index, device.Name, device.MemorySize));
            index++;
        }
        devices.Add(new GpuDeviceInfo(GpuDeviceKind.Emulated, 0, "ILGPU's emulation on the processor", 0));
        return devices;
    }

    /// <summary>Why this machine has no device, or none of some kind, and what to install.</summary>
    public static string DescribeObstacles()
    {
        string cuda = NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out _)
            ? "The NVIDIA driver is installed; whether it sees a device, nvidia-smi says."
            : "CUDA: there is no NVIDIA driver; install NVIDIA's driver for your system (the CUDA toolkit is not needed).";
        string openCL = OpenCLObstacle.Value
            ?? "OpenCL: its loader is installed, but no driver offers a GPU; install the OpenCL driver of the GPU's maker (clinfo lists what there is).";
        return cuda + " " + openCL;
    }

    internal static Context CreateContext() => Context.Create(builder =>
    {
        builder.Optimize(OptimizationLevel.O2);
        builder.Cuda();
        if (OpenCLObstacle.Value is null)
            builder.OpenCL(_ => true);

        // Groups of up to 128 threads, in warps of 32 like those of CUDA.
        builder.CPU(new CPUDevice(numThreadsPerWarp: 32, numWarpsPerMultiprocessor: 4, numMultiprocessors: 1));
    });

    /// <summary>ILGPU passes over devices without OpenCL's generic address space, an optional feature that it asks for and the
    /// kernels here do not need (PoCL lacks it). There is no switch for that but the property itself.</summary>
    internal static void AllowMissingGenericAddressSpace(CLDevice device)
    {
        PropertyInfo? property = typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace));
        if (!device.Capabilities.GenericAddressSpace)
            property?.SetValue(device.Capabilities, true);
    }

    // ILGPU asks for "OpenCL"; on Linux the loader's file is libOpenCL.so.1, and the name without a number comes only with
    // development packages.
    private static string? ResolveOpenCL()
    {
        string[] names = OperatingSystem.IsWindows() ? ["OpenCL.dll"]
            : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"] : ["libOpenCL.so.1", "libOpenCL.so"];
        nint library = 0;
        if (!names.Any(name => NativeLibrary.TryLoad(name, out library)))
            return $"OpenCL: there is no {names[0]}; install an OpenCL loader (Debian and Ubuntu: ocl-icd-libopencl1) and the driver of the GPU's maker.";
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, (name, _, _) => name == "OpenCL" ? library : 0);
        }
        catch (InvalidOperationException)
        {
            // Somebody else resolves ILGPU's libraries already.
        }
        return null;
    }
}

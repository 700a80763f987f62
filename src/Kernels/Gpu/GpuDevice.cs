// A device that is open: its memory, its kernels, and which forms of the ternary product it may use.
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>An open device.</summary>
public sealed class GpuDevice : IDisposable
{
    private readonly Context _context;
    private readonly List<GpuTernaryForm> _ternaryForms = [];
    private long _usedBytes;

    private GpuDevice(Context context, Accelerator accelerator, GpuDeviceInfo info)
    {
        _context = context;
        Accelerator = accelerator;
        Info = info;
        Kernels = new GpuKernels(accelerator);
    }

    /// <summary>What was opened.</summary>
    public GpuDeviceInfo Info { get; }

    /// <summary>The best form of the ternary product here. Opening a device tries each form that its architecture has, and
    /// leaves out one that does not give the sums of the definition.</summary>
    public GpuTernaryForm TernaryForm => _ternaryForms[0];

    /// <summary>What was left out at opening, and why; empty where nothing was.</summary>
    public string Remarks { get; private set; } = "";

    /// <summary>Most bytes that buffers may take together; by default as many as the device gives.</summary>
    public long MemoryLimit { get; set; } = long.MaxValue;

    /// <summary>Bytes that buffers take now.</summary>
    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    /// <summary>Held while kernels are launched: an OpenCL kernel keeps the arguments of its next launch, so that two threads
    /// would mix theirs.</summary>
    internal Lock Turn { get; } = new();

    internal Accelerator Accelerator { get; }

    /// <summary>The forms that gave the sums of the definition, best first.</summary>
    internal IReadOnlyList<GpuTernaryForm> TernaryForms => _ternaryForms;

    /// <summary>Whether host memory for copies is locked; false after the system refused it once.</summary>
    internal bool LocksHostMemory { get; set; } = true;

    internal GpuKernels Kernels { get; }

    /// <summary>Opens a device.</summary>
    /// <exception cref="InvalidOperationException">The device cannot be opened.</exception>
    public static GpuDevice Open(GpuDeviceInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        Context context = GpuDevices.CreateContext();
        Accelerator? accelerator = null;
        try
        {
            accelerator = CreateAccelerator(context, info);
            GpuDevice device = new(context, accelerator, info);
            device.ChooseForms();
            return device;
        }
        catch (Exception e)
        {
            Close(context, accelerator);
            if (e is AcceleratorException or NotSupportedException or InvalidOperationException or ArgumentException)
                throw new InvalidOperationException($"{info} cannot be opened: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Frees the device. Encoders that were made on it must be disposed first.</summary>
    public void Dispose() => Close(_context, Accelerator);

    /// <exception cref="GpuOutOfMemoryException">There is no room.</exception>
    internal MemoryBuffer1D<T, Stride1D.Dense> Allocate<T>(long length)
        where T : unmanaged
    {
        long bytes = length * Interop.SizeOf<T>();
        if (UsedBytes + bytes > MemoryLimit)
            throw new GpuOutOfMemoryException($"A buffer of {bytes} bytes does not fit: {UsedBytes} of {MemoryLimit} bytes allowed on {Info.Name} are in use.");
        try
        {
            MemoryBuffer1D<T, Stride1D.Dense> buffer = Accelerator.Allocate1D<T>(length);
            Interlocked.Add(ref _usedBytes, bytes);
            return buffer;
        }
        catch (AcceleratorException e) when (IsOutOfMemory(e))
        {
            throw new GpuOutOfMemoryException($"{Info} has no room for a buffer of {bytes} bytes; buffers take {UsedBytes} bytes now.", e);
        }
    }

    internal MemoryBuffer1D<T, Stride1D.Dense> Upload<T>(T[] values)
        where T : unmanaged
    {
        MemoryBuffer1D<T, Stride1D.Dense> buffer = Allocate<T>(values.Length);
        try
        {
            buffer.CopyFromCPU(values);
            return buffer;
        }
        catch (AcceleratorException e) when (IsOutOfMemory(e))
        {
            Free(buffer);
            throw new GpuOutOfMemoryException($"{Info} has no room for {buffer.LengthInBytes} bytes; buffers take {UsedBytes} bytes now.", e);
        }
        catch
        {
            Free(buffer);
            throw;
        }
    }

    internal void Free<T>(MemoryBuffer1D<T, Stride1D.Dense>? buffer)
        where T : unmanaged
    {
        if (buffer is null)
            return;
        Interlocked.Add(ref _usedBytes, -buffer.LengthInBytes);
        buffer.Dispose();
    }

    // OpenCL may put off allocating to the first use, and has a limit for one buffer below that for all.
    internal static bool IsOutOfMemory(AcceleratorException e) => e switch
    {
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        CLException cl => cl.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES
            or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE,
        _ => false,
    };

    private static Accelerator CreateAccelerator(Context context, GpuDeviceInfo info)
    {
        switch (info.Kind)
        {
            case GpuDeviceKind.Cuda:
                return context.GetCudaDevice(info.Index).CreateCudaAccelerator(context);
            case GpuDeviceKind.Emulated:
                return context.GetCPUDevice(0).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);
            default:
                CLDevice device = context.GetCLDevice(info.Index);
                GpuDevices.AllowMissingGenericAddressSpace(device);
                return device.CreateCLAccelerator(context);
        }
    }

    private void ChooseForms()
    {
        foreach (GpuTernaryForm form in FormsOf(Accelerator))
        {
            string? fault = GpuSelfCheck.Fault(this, form);
            if (fault is null)
                _ternaryForms.Add(form);
            else
                Remarks += $"The {form} form is left out: {fault} ";
        }
        if (_ternaryForms.Count == 0)
            throw new InvalidOperationException($"no form of the ternary product works. {Remarks}");
    }

    private static void Close(Context context, Accelerator? accelerator)
    {
        FreeEvenIfFailed(accelerator);
        FreeEvenIfFailed(context);
    }

    /// <summary>Frees something on a device. After a device failed, freeing fails too; why it failed first is what matters, and
    /// what is left to free must still be tried.</summary>
    internal static void FreeEvenIfFailed(IDisposable? resource)
    {
        try
        {
            resource?.Dispose();
        }
        catch (AcceleratorException)
        {
        }
    }

    private static GpuTernaryForm[] FormsOf(Accelerator accelerator)
    {
        if (accelerator is not CudaAccelerator cuda)
            return [GpuTernaryForm.Plain];
        if (cuda.Architecture >= CudaArchitecture.SM_80)
            return [GpuTernaryForm.TensorCore, GpuTernaryForm.Dp4a, GpuTernaryForm.Plain];
        return cuda.Architecture >= CudaArchitecture.SM_61 ? [GpuTernaryForm.Dp4a, GpuTernaryForm.Plain] : [GpuTernaryForm.Plain];
    }
}

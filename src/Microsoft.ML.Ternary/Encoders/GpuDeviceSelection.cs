// Where an encoder runs: on the processor, on the device that was asked for, or, where that is allowed, on the processor after
// all, with the reason. Nothing of ILGPU is loaded unless a device is asked for.
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Where an encoder runs.</summary>
/// <param name="Gpu">The encoder on a device; null for the processor.</param>
/// <param name="Description">The place, for messages.</param>
/// <param name="FallbackReason">Why it is not the device that was asked for; null where it is, or where none was.</param>
internal sealed record GpuDeviceSelection(GpuTextEncoder? Gpu, string Description, string? FallbackReason)
{
    private const string Processor = "the CPU";

    /// <exception cref="InvalidOperationException">The device that was asked for cannot be used, and the processor must not stand in.</exception>
    public static GpuDeviceSelection Choose(EmbeddingModel model, TextEncoderOptions options, int dimension)
    {
        if (options.GpuDeviceId is null && options.Device is null)
            return new GpuDeviceSelection(null, Processor, null);
        string reason;
        Exception? cause = null;
        try
        {
            IReadOnlyList<GpuDeviceInfo> devices = options.Device is null ? GpuDevices.List() : [options.Device];
            int id = options.Device is null ? options.GpuDeviceId!.Value : 0;
            if (id < devices.Count)
            {
                GpuTextEncoder gpu = new(devices[id], model, dimension);
                return new GpuDeviceSelection(gpu, gpu.Description, null);
            }
            reason = Explain(id, devices);
        }
        catch (Exception e) when (e is InvalidOperationException or GpuOutOfMemoryException or NotSupportedException)
        {
            reason = e.Message;
            cause = e;
        }
        if (!options.FallbackToCpu)
            throw new InvalidOperationException($"{reason} To run on the CPU instead, set FallbackToCpu, or leave GpuDeviceId empty.", cause);
        return new GpuDeviceSelection(null, Processor, reason);
    }

    private static string Explain(int id, IReadOnlyList<GpuDeviceInfo> devices)
    {
        string found = devices.Count == 0
            ? $"no GPU was found. {GpuDevices.DescribeObstacles()}"
            : $"there are {string.Join("; ", devices.Select((device, i) => string.Create(CultureInfo.InvariantCulture, $"{i}: {device}")))}.";
        return string.Create(CultureInfo.InvariantCulture, $"GpuDeviceId is {id}, but {found}");
    }
}

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
        Exception cause;
        try
        {
            GpuTextEncoder gpu = new(Find(options), model, dimension);
            return new GpuDeviceSelection(gpu, gpu.Description, null);
        }
        catch (Exception e) when (e is InvalidOperationException or GpuOutOfMemoryException or NotSupportedException)
        {
            reason = e.Message;
            cause = e;
        }
        if (!options.FallbackToCpu)
            throw Refusal(reason, cause);
        return new GpuDeviceSelection(null, Processor, reason);
    }

    /// <summary>Opens the device that was asked for, and closes it again: whether it works, not whether a model fits.</summary>
    /// <exception cref="InvalidOperationException">It cannot be used.</exception>
    public static void Require(TextEncoderOptions options)
    {
        try
        {
            new GpuDeviceLease(Find(options)).Dispose();
        }
        catch (InvalidOperationException e)
        {
            throw Refusal(e.Message, e);
        }
    }

    private static GpuDeviceInfo Find(TextEncoderOptions options)
    {
        if (options.Device is not null)
            return options.Device;
        IReadOnlyList<GpuDeviceInfo> devices = GpuDevices.List();
        int id = options.GpuDeviceId!.Value;
        return id < devices.Count ? devices[id] : throw new InvalidOperationException(Explain(id, devices));
    }

    private static InvalidOperationException Refusal(string reason, Exception cause) =>
        new($"{reason} To run on the CPU instead, set FallbackToCpu, or leave GpuDeviceId empty.", cause);

    private static string Explain(int id, IReadOnlyList<GpuDeviceInfo> devices)
    {
        string found = devices.Count == 0
            ? $"no GPU was found. {GpuDevices.DescribeObstacles()}"
            : $"there are {string.Join("; ", devices.Select((device, i) => string.Create(CultureInfo.InvariantCulture, $"{i}: {device}")))}.";
        return string.Create(CultureInfo.InvariantCulture, $"GpuDeviceId is {id}, but {found}");
    }
}

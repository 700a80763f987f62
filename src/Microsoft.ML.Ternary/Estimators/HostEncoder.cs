// Where a transformer's encoder runs is decided as ML.NET's own transforms decide it: by their options, else by the MLContext.
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

internal static class HostEncoder
{
    /// <summary>Makes an encoder, and says in the host's log which device it runs on where a GPU was asked for.</summary>
    /// <exception cref="InvalidOperationException">The GPU cannot be used, and the CPU must not stand in.</exception>
    public static TextEncoder Create(IHost host, EmbeddingModel model, TernaryEmbeddingOptions options) =>
        Create(host, model, Resolve(host, options));

    /// <summary>Does as <see cref="Create(IHost, EmbeddingModel, TernaryEmbeddingOptions)"/> does for a model that cost hours: where
    /// the GPU has failed since it was checked, the CPU stands in, with a warning.</summary>
    public static TextEncoder CreateAfterWork(IHost host, EmbeddingModel model, TernaryEmbeddingOptions options) =>
        Create(host, model, Resolve(host, options) with { FallbackToCpu = true });

    /// <summary>Refuses a GPU that cannot be used, before work that would be lost for it.</summary>
    /// <exception cref="InvalidOperationException">The GPU cannot be used, and the CPU must not stand in.</exception>
    public static void RequireDevice(IHost host, TernaryEmbeddingOptions options)
    {
        TextEncoderOptions resolved = Resolve(host, options);
        if (resolved.GpuDeviceId is null || resolved.FallbackToCpu)
            return;
        try
        {
            GpuDeviceSelection.Require(resolved);
        }
        catch (InvalidOperationException e)
        {
            throw host.Except(e, e.Message);
        }
    }

    /// <summary>Makes an encoder of images.</summary>
    /// <exception cref="InvalidOperationException">A GPU was asked for, and the CPU must not stand in.</exception>
    public static ImageEncoder Create(IHost host, ImageEmbeddingModel model, TernaryImageEmbeddingOptions options)
    {
        IHostEnvironmentInternal? context = host as IHostEnvironmentInternal;
        ImageEncoder encoder;
        try
        {
            encoder = new ImageEncoder(model, options.ToEncoderOptions() with
            {
                GpuDeviceId = options.GpuDeviceId ?? context?.GpuDeviceId,
                FallbackToCpu = options.FallbackToCpu ?? context?.FallbackToCpu ?? false,
            });
        }
        catch (InvalidOperationException e)
        {
            throw host.Except(e, e.Message);
        }
        if (encoder.DeviceFallbackReason is string reason)
        {
            using IChannel channel = host.Start("Choosing a device");
            channel.Warning(MessageSensitivity.None, $"Embedding runs on the CPU: {reason}");
        }
        return encoder;
    }

    private static TextEncoderOptions Resolve(IHost host, TernaryEmbeddingOptions options)
    {
        IHostEnvironmentInternal? context = host as IHostEnvironmentInternal;
        return options.ToEncoderOptions() with
        {
            GpuDeviceId = options.GpuDeviceId ?? context?.GpuDeviceId,
            FallbackToCpu = options.FallbackToCpu ?? context?.FallbackToCpu ?? false,
        };
    }

    private static TextEncoder Create(IHost host, EmbeddingModel model, TextEncoderOptions options)
    {
        TextEncoder encoder;
        try
        {
            encoder = new TextEncoder(model, options);
        }
        catch (InvalidOperationException e)
        {
            // Marked as an error that a component means to raise, which ML.NET wraps less deeply while it loads a model.
            throw host.Except(e, e.Message);
        }
        if (options.GpuDeviceId is not null)
            Report(host, encoder);
        return encoder;
    }

    private static void Report(IHost host, TextEncoder encoder)
    {
        using IChannel channel = host.Start("Choosing a device");
        if (encoder.DeviceFallbackReason is null)
            channel.Info(MessageSensitivity.None, $"Embedding runs on {encoder.Device}.");
        else
            channel.Warning(MessageSensitivity.None, $"Embedding runs on {encoder.Device}: {encoder.DeviceFallbackReason}");
    }
}

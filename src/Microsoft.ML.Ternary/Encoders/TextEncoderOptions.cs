// What a caller may choose when a text model is run.
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Options of a <see cref="TextEncoder"/>.</summary>
public sealed record TextEncoderOptions : EncoderOptions
{
    /// <summary>Most tokens of a sequence, [CLS] and [SEP] included; 0 is the model's own maximum. Longer text is cut.</summary>
    public int MaxLength { get; init; }

    /// <summary>Put before every text that is not blank, for models trained with prefixes such as "query: ".</summary>
    public string Prefix { get; init; } = "";

    /// <summary>A device that has no number; for tests.</summary>
    internal GpuDeviceInfo? Device { get; init; }
}

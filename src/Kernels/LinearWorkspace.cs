// Memory for what linear layers make of a few rows at a time: one a thread, grown to the widest layer it meets, and kept.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>The working memory of a thread that runs linear layers. For one thread at a time.</summary>
public sealed class LinearWorkspace
{
    /// <summary>Tables of sums of activations.</summary>
    internal AlignedBuffer<short> Tables { get; } = new();

    /// <summary>Integer sums.</summary>
    internal AlignedBuffer<int> Sums { get; } = new();

    /// <summary>Rows that no destination keeps in float32.</summary>
    internal AlignedBuffer<float> Rows { get; } = new();

    /// <summary>Adds up where time goes, while someone looks; else null.</summary>
    internal StageTimes? Times { get; set; }
}

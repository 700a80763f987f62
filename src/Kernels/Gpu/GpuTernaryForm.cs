// The forms of the ternary product on devices.
namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>The forms of the ternary product on devices.</summary>
public enum GpuTernaryForm
{
    /// <summary>In operations that every device has.</summary>
    Plain,

    /// <summary>dp4a: CUDA devices of compute capability 6.1 and later; on later ones for a few tokens.</summary>
    Dp4a,

    /// <summary>int8 tensor cores: CUDA devices of compute capability 8.0 and later, for batches.</summary>
    TensorCore,
}

// Which implementation of the ternary product runs is decided once, here, from what the processor has.
namespace Microsoft.ML.Ternary.Kernels;

/// <summary>An implementation of the product of int8 activations and ternary weights.</summary>
public enum TernaryKernel
{
    /// <summary>Plain C#, for every processor.</summary>
    Scalar,
}

/// <summary>The kernels of this machine.</summary>
public static class TernaryKernels
{
    /// <summary>The kernels that this machine's processor runs, slowest first.</summary>
    public static IReadOnlyList<TernaryKernel> Supported { get; } = [TernaryKernel.Scalar];

    /// <summary>The fastest kernel of this machine, used unless a layer is told otherwise.</summary>
    public static TernaryKernel Best => Supported[^1];
}

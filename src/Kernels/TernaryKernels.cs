// Which implementation of the ternary product runs is decided once, here, from what the processor has.
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>An implementation of the product of int8 activations and ternary weights.</summary>
public enum TernaryKernel
{
    /// <summary>Plain C#, for every processor.</summary>
    Scalar,

    /// <summary>2-bit codes, or 4-bit ones of two digits, and dot products of bytes, or the products and sums that make them, for Arm64 processors.</summary>
    Neon,

    /// <summary>2-bit codes, or 4-bit ones of two digits, and byte products, for x86 processors with AVX2.</summary>
    Avx2,

    /// <summary>Tables of the sums of three activations, looked up 32 at a time, or for two digits 4-bit codes and byte products, for
    /// x86 processors with AVX-512 BW.</summary>
    Avx512,
}

/// <summary>The kernels of this machine.</summary>
public static class TernaryKernels
{
    /// <summary>The kernels that this machine's processor runs, slowest first.</summary>
    public static IReadOnlyList<TernaryKernel> Supported { get; } = Enum.GetValues<TernaryKernel>().Where(IsSupported).ToArray();

    /// <summary>The fastest kernel of this machine, used unless a layer is told otherwise.</summary>
    public static TernaryKernel Best { get; } = Supported[^1];

    /// <summary>Whether this machine's processor runs a kernel.</summary>
    public static bool IsSupported(TernaryKernel kernel) => kernel switch
    {
        TernaryKernel.Scalar => true,
        TernaryKernel.Neon => AdvSimd.Arm64.IsSupported,
        TernaryKernel.Avx2 => Avx2.IsSupported,
        TernaryKernel.Avx512 => Avx512BW.IsSupported,
        _ => false,
    };
}

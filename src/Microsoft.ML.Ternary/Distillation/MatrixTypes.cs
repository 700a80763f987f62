// Which number format multiplies matrices fastest here. Decided by the kind of processor and not by a stopwatch, so that the same
// machine always trains the same model.
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal static class MatrixTypes
{
    private const int AuthenticAmdThirdWord = 0x444D4163; // "cAMD"
    private const int Avx512BFloat16 = 1 << 5, AmxBFloat16 = 1 << 22;

    /// <summary>The type of matrix products that a precision means on this machine.</summary>
    public static ScalarType Of(MatrixPrecision precision) => precision switch
    {
        MatrixPrecision.Float32 => ScalarType.Float32,
        MatrixPrecision.BFloat16 => ScalarType.BFloat16,
        _ => BFloat16IsFaster() ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    // libtorch multiplies bfloat16 anywhere, at a tenth of float32's speed without AVX512-BF16. With it AMD's cores take two products for
    // float32's one; Intel's take half as many (42 against 80 thousand million multiply-adds a second and thread), except through AMX.
    private static bool BFloat16IsFaster()
    {
        if (!Avx512F.IsSupported)
            return false;
        (int maximum, _, int vendor, _) = X86Base.CpuId(0, 0);
        if (maximum < 7 || X86Base.CpuId(7, 0) is not { Eax: >= 1 } features || (X86Base.CpuId(7, 1).Eax & Avx512BFloat16) == 0)
            return false;
        return vendor == AuthenticAmdThirdWord || (features.Edx & AmxBFloat16) != 0;
    }
}

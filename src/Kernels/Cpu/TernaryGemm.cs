// The seam between a ternary layer and its implementations: weights laid out once, rows of activations in, floats out.
namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal abstract class TernaryGemm
{
    public static TernaryGemm Create(TernaryMatrix matrix, ReadOnlySpan<float> bias, TernaryKernel kernel) => kernel switch
    {
        TernaryKernel.Scalar => new ScalarTernaryGemm(matrix, bias),
        _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "There is no such kernel."),
    };

    /// <summary>Writes rows x outputs values. The shapes are known to agree and there is at least one row.</summary>
    public abstract void Multiply(ActivationBlock input, Span<float> output);
}

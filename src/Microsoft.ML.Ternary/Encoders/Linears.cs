// From weights as a model stores them to layers as a processor runs them.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal static class Linears
{
    public static LinearLayer Create(LinearWeights weights) => weights switch
    {
        TernaryLinearWeights ternary => new TernaryLinear(ternary.Matrix, ternary.Bias),
        DenseLinearWeights dense => new DenseLinear(dense.Matrix, dense.OutputSize, dense.InputSize, dense.Bias),
        _ => throw new NotSupportedException($"Linear weights of type {weights.GetType().Name} are not known here."),
    };
}

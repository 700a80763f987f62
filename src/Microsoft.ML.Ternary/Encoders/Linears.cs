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

    public static LayerNorm Create(LayerNormWeights weights, EncoderConfig config) => new(weights.Gain, weights.Bias, config.LayerNormEpsilon);

    public static ActivationFunction Function(Activation activation) => activation switch
    {
        Activation.Gelu => ActivationFunction.Gelu,
        Activation.GeluTanh => ActivationFunction.GeluTanh,
        Activation.Relu => ActivationFunction.Relu,
        Activation.QuickGelu => ActivationFunction.QuickGelu,
        _ => throw new NotSupportedException($"The activation {activation} is not known here."),
    };

    public static ActivationFunction Function(DenseActivation activation) => activation switch
    {
        DenseActivation.Identity => ActivationFunction.Identity,
        DenseActivation.Tanh => ActivationFunction.Tanh,
        DenseActivation.Relu => ActivationFunction.Relu,
        DenseActivation.Gelu => ActivationFunction.Gelu,
        DenseActivation.Sigmoid => ActivationFunction.Sigmoid,
        _ => throw new NotSupportedException($"The dense module's activation {activation} is not known here."),
    };
}

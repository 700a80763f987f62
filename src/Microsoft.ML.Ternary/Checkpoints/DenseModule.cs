// A sentence-transformers Dense module: a linear layer and an activation after pooling.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>The activation of a <see cref="DenseModule"/>.</summary>
public enum DenseActivation
{
    /// <summary>None.</summary>
    Identity,

    /// <summary>Hyperbolic tangent, the library's default.</summary>
    Tanh,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x Φ(x).</summary>
    Gelu,

    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,
}

/// <summary>A linear layer and an activation applied to the pooled vector.</summary>
/// <param name="Linear">Weights; the bias is zero where the module has none.</param>
/// <param name="Activation">What follows the linear layer.</param>
public sealed record DenseModule(DenseLinearWeights Linear, DenseActivation Activation)
{
    /// <summary>Components of its output.</summary>
    public int OutputSize => Linear.OutputSize;
}

// An encoder as numbers, which is all that a device needs to know of a model: no files, no tokenizer.
namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>The weights and the shape of a BERT encoder and of what follows it.</summary>
public sealed record GpuModel
{
    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of attention heads; divides <see cref="HiddenSize"/>.</summary>
    public required int AttentionHeads { get; init; }

    /// <summary>Number of token embeddings.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Writes the embedding of a token.</summary>
    public required GpuRowReader TokenEmbeddings { get; init; }

    /// <summary>Position embeddings, positions x hidden.</summary>
    public required float[] PositionEmbeddings { get; init; }

    /// <summary>Token type embeddings, types x hidden.</summary>
    public required float[] TokenTypeEmbeddings { get; init; }

    /// <summary>The layer norm after the sum of the embeddings.</summary>
    public required GpuNormWeights EmbeddingNorm { get; init; }

    /// <summary>Added to the variance in every layer norm.</summary>
    public required float LayerNormEpsilon { get; init; }

    /// <summary>The feed-forward activation.</summary>
    public required GpuActivation Activation { get; init; }

    /// <summary>The transformer layers.</summary>
    public required IReadOnlyList<GpuLayerWeights> Layers { get; init; }

    /// <summary>How token states become one vector.</summary>
    public required GpuPooling Pooling { get; init; }

    /// <summary>Dense modules after pooling, with their activations.</summary>
    public IReadOnlyList<(GpuLinearWeights Linear, GpuActivation Activation)> DenseModules { get; init; } = [];

    /// <summary>Components of an embedding to keep, the first ones.</summary>
    public required int Dimension { get; init; }

    /// <summary>Whether embeddings are scaled to L2 norm 1.</summary>
    public required bool Normalize { get; init; }
}

/// <summary>Writes row <paramref name="row"/> of a table.</summary>
public delegate void GpuRowReader(int row, Span<float> destination);

/// <summary>A layer norm.</summary>
/// <param name="Gain">One factor a component.</param>
/// <param name="Bias">One offset a component.</param>
public sealed record GpuNormWeights(float[] Gain, float[] Bias);

/// <summary>A linear layer: ternary, or in full precision.</summary>
/// <param name="Ternary">Ternary weights, or null.</param>
/// <param name="Dense">Weights in float32, outputs x inputs, or null.</param>
/// <param name="Bias">One offset an output.</param>
public sealed record GpuLinearWeights(TernaryMatrix? Ternary, float[]? Dense, float[] Bias);

/// <summary>A transformer layer.</summary>
public sealed record GpuLayerWeights
{
    /// <summary>Query, key and value: three layers, or one of three times the width.</summary>
    public required IReadOnlyList<GpuLinearWeights> Projections { get; init; }

    /// <summary>Projection of the attention's output.</summary>
    public required GpuLinearWeights AttentionOutput { get; init; }

    /// <summary>The layer norm after attention and residual.</summary>
    public required GpuNormWeights AttentionNorm { get; init; }

    /// <summary>First feed-forward projection.</summary>
    public required GpuLinearWeights Intermediate { get; init; }

    /// <summary>Second feed-forward projection.</summary>
    public required GpuLinearWeights Output { get; init; }

    /// <summary>The layer norm after feed-forward and residual.</summary>
    public required GpuNormWeights OutputNorm { get; init; }
}

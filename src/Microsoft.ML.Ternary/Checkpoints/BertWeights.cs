// The weights of an encoder, one type for full-precision, ternary and mixed models: each linear layer says what it is. Layers are
// the same whatever the encoder reads.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>The weights of a transformer encoder.</summary>
public abstract record EncoderWeights
{
    private protected EncoderWeights()
    {
    }

    /// <summary>The transformer layers, first to last.</summary>
    public required IReadOnlyList<BertLayerWeights> Layers { get; init; }
}

/// <summary>The weights of a BERT encoder.</summary>
public sealed record BertWeights : EncoderWeights
{
    /// <summary>Token embeddings, vocabulary x hidden.</summary>
    public required EmbeddingTable TokenEmbeddings { get; init; }

    /// <summary>Position embeddings, positions x hidden, row-major.</summary>
    public required float[] PositionEmbeddings { get; init; }

    /// <summary>Token type embeddings, types x hidden, row-major.</summary>
    public required float[] TokenTypeEmbeddings { get; init; }

    /// <summary>The layer norm after the sum of the embeddings.</summary>
    public required LayerNormWeights EmbeddingNorm { get; init; }
}

/// <summary>The weights of a vision transformer.</summary>
public sealed record VisionWeights : EncoderWeights
{
    /// <summary>From a patch's values, in the order channel, row, column, to its embedding: hidden x patch length.</summary>
    public required DenseLinearWeights PatchProjection { get; init; }

    /// <summary>The tokens before the patches, prefix tokens x hidden, row-major: the class token, then DeiT's distillation token.</summary>
    public required float[] PrefixTokens { get; init; }

    /// <summary>Position embeddings of the prefix tokens and of the patches row after row, positions x hidden, row-major.</summary>
    public required float[] PositionEmbeddings { get; init; }

    /// <summary>The layer norm after the sum of the embeddings, which CLIP has; null for none.</summary>
    public LayerNormWeights? EmbeddingNorm { get; init; }

    /// <summary>The layer norm after the last layer.</summary>
    public required LayerNormWeights FinalNorm { get; init; }
}

/// <summary>The weights of one transformer layer. Where its norms stand, <see cref="EncoderConfig.NormFirst"/> says.</summary>
public sealed record BertLayerWeights
{
    /// <summary>Query projection, hidden x hidden.</summary>
    public required LinearWeights Query { get; init; }

    /// <summary>Key projection, hidden x hidden.</summary>
    public required LinearWeights Key { get; init; }

    /// <summary>Value projection, hidden x hidden.</summary>
    public required LinearWeights Value { get; init; }

    /// <summary>Projection of the attention's output, hidden x hidden.</summary>
    public required LinearWeights AttentionOutput { get; init; }

    /// <summary>The layer norm after attention and residual; before attention where norms come first.</summary>
    public required LayerNormWeights AttentionNorm { get; init; }

    /// <summary>First feed-forward projection, intermediate x hidden.</summary>
    public required LinearWeights Intermediate { get; init; }

    /// <summary>Second feed-forward projection, hidden x intermediate.</summary>
    public required LinearWeights Output { get; init; }

    /// <summary>The layer norm after feed-forward and residual; before the feed-forward where norms come first.</summary>
    public required LayerNormWeights OutputNorm { get; init; }

    /// <summary>The six linear layers with the names that Hugging Face checkpoints give them below <c>encoder.layer.N.</c>, in the order of computation.</summary>
    public IEnumerable<(string Name, LinearWeights Weights)> Linears()
    {
        yield return ("attention.self.query", Query);
        yield return ("attention.self.key", Key);
        yield return ("attention.self.value", Value);
        yield return ("attention.output.dense", AttentionOutput);
        yield return ("intermediate.dense", Intermediate);
        yield return ("output.dense", Output);
    }

    /// <summary>The same layer with every linear layer replaced by what <paramref name="map"/> makes of it and its name.</summary>
    public BertLayerWeights MapLinears(Func<string, LinearWeights, LinearWeights> map) => this with
    {
        Query = map("attention.self.query", Query),
        Key = map("attention.self.key", Key),
        Value = map("attention.self.value", Value),
        AttentionOutput = map("attention.output.dense", AttentionOutput),
        Intermediate = map("intermediate.dense", Intermediate),
        Output = map("output.dense", Output),
    };
}

/// <summary>Gain and bias of a layer norm.</summary>
/// <param name="Gain">One factor a component.</param>
/// <param name="Bias">One offset a component.</param>
public sealed record LayerNormWeights(float[] Gain, float[] Bias);

/// <summary>The weights of a linear layer y = W x + b, W stored as output x input, row-major.</summary>
public abstract record LinearWeights(int OutputSize, int InputSize, float[] Bias);

/// <summary>A linear layer in full precision.</summary>
public sealed record DenseLinearWeights(int OutputSize, int InputSize, float[] Matrix, float[] Bias)
    : LinearWeights(OutputSize, InputSize, Bias);

/// <summary>A linear layer with ternary weights.</summary>
public sealed record TernaryLinearWeights(TernaryMatrix Matrix, float[] Bias)
    : LinearWeights(Matrix.Rows, Matrix.Columns, Bias)
{
    /// <summary>The same weights, code x scale, in float32.</summary>
    public DenseLinearWeights ToDense()
    {
        float[] values = new float[checked(Matrix.Rows * Matrix.Columns)];
        sbyte[] codes = new sbyte[Matrix.Columns];
        for (int row = 0; row < Matrix.Rows; row++)
        {
            Matrix.UnpackRow(row, codes);
            float scale = Matrix.Scale(row);
            for (int column = 0; column < codes.Length; column++)
                values[row * Matrix.Columns + column] = codes[column] * scale;
        }
        return new DenseLinearWeights(Matrix.Rows, Matrix.Columns, values, Bias);
    }
}

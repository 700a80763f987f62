// One embedding model as one value: everything that travels together in a Hugging Face folder, in the stand-alone ternary
// file and inside an ML.NET zip. Readers make it, the distiller and the ternariser turn one into another, encoders run it.
// It does no arithmetic and knows no file.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A text embedding model: configuration, tokenizer, weights, and what follows the encoder.</summary>
/// <remarks>Immutable, and shared freely between threads and cursors.</remarks>
public sealed class EmbeddingModel : EncoderModel
{
    /// <summary>Creates a model from its parts.</summary>
    /// <exception cref="ArgumentException">The parts do not fit together: a weight's shape disagrees with
    /// <paramref name="config"/>, the vocabulary with the token embeddings, or a dense module with what precedes it.</exception>
    public EmbeddingModel(
        BertConfig config,
        TokenizerDefinition tokenizer,
        BertWeights weights,
        PoolingModes pooling,
        IReadOnlyList<DenseModule> denseModules,
        bool normalize,
        IReadOnlyDictionary<string, string>? provenance = null)
        : base(pooling, denseModules, normalize, provenance)
    {
        Config = config;
        Tokenizer = tokenizer;
        Weights = weights;
        EmbeddingModelChecks.Validate(this);
    }

    /// <summary>The encoder's shape.</summary>
    public override BertConfig Config { get; }

    /// <summary>The vocabulary and how text is split.</summary>
    public TokenizerDefinition Tokenizer { get; }

    /// <summary>The encoder's weights.</summary>
    public override BertWeights Weights { get; }

    /// <summary>The same model with other weights, as distillation and ternarisation make it.</summary>
    public EmbeddingModel With(BertWeights weights, IReadOnlyDictionary<string, string>? provenance = null) =>
        new(Config, Tokenizer, weights, Pooling, DenseModules, Normalize, provenance ?? Provenance);

    internal override EmbeddingModel WithLayers(IReadOnlyList<BertLayerWeights> layers, IReadOnlyDictionary<string, string> provenance) =>
        With(Weights with { Layers = layers }, provenance);
}

// What text and image models have in common: an encoder and what follows it. Rounding, encoders and the model file know models as
// this; readers make one of the two kinds.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>An embedding model: <see cref="EmbeddingModel"/> for text, <see cref="ImageEmbeddingModel"/> for images.</summary>
/// <remarks>Immutable, and shared freely between threads and cursors.</remarks>
public abstract class EncoderModel
{
    private protected EncoderModel(
        PoolingModes pooling, IReadOnlyList<DenseModule> denseModules, bool normalize, IReadOnlyDictionary<string, string>? provenance)
    {
        Pooling = pooling;
        DenseModules = denseModules;
        Normalize = normalize;
        Provenance = provenance ?? new Dictionary<string, string>();
    }

    /// <summary>The encoder's shape.</summary>
    public abstract EncoderConfig Config { get; }

    /// <summary>The encoder's weights.</summary>
    public abstract EncoderWeights Weights { get; }

    /// <summary>How token states become one vector; several modes are concatenated in the order of the enumeration.</summary>
    public PoolingModes Pooling { get; }

    /// <summary>Dense modules applied to the pooled vector, in order.</summary>
    public IReadOnlyList<DenseModule> DenseModules { get; }

    /// <summary>Whether embeddings are scaled to L2 norm 1.</summary>
    public bool Normalize { get; }

    /// <summary>Where the model comes from: teacher, recipe, data, dates; free text by key.</summary>
    public IReadOnlyDictionary<string, string> Provenance { get; }

    /// <summary>The number of components of an embedding.</summary>
    public int Dimension =>
        DenseModules.Count > 0 ? DenseModules[^1].OutputSize : Config.HiddenSize * Pooling.Count();

    /// <summary>A model of the same kind with other layers and provenance.</summary>
    internal abstract EncoderModel WithLayers(IReadOnlyList<BertLayerWeights> layers, IReadOnlyDictionary<string, string> provenance);
}

// An image model as one value, like EmbeddingModel for text: how images are prepared takes the tokenizer's place.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>An image embedding model: configuration, preparation of images, weights, and what follows the encoder.</summary>
/// <remarks>Immutable, and shared freely between threads and cursors.</remarks>
public sealed class ImageEmbeddingModel : EncoderModel
{
    /// <summary>Creates a model from its parts.</summary>
    /// <exception cref="ArgumentException">The parts do not fit together: a weight's shape disagrees with
    /// <paramref name="config"/>, prepared images are smaller than a patch, or a dense module does not take what precedes it.</exception>
    public ImageEmbeddingModel(
        VisionConfig config,
        ImageProcessorConfig processor,
        VisionWeights weights,
        PoolingModes pooling,
        IReadOnlyList<DenseModule> denseModules,
        bool normalize,
        IReadOnlyDictionary<string, string>? provenance = null)
        : base(pooling, denseModules, normalize, provenance)
    {
        Config = config;
        Processor = processor;
        Weights = weights;
        EmbeddingModelChecks.Validate(this);
    }

    /// <summary>The encoder's shape.</summary>
    public override VisionConfig Config { get; }

    /// <summary>How images are prepared.</summary>
    public ImageProcessorConfig Processor { get; }

    /// <summary>The encoder's weights.</summary>
    public override VisionWeights Weights { get; }

    /// <summary>The same model with other weights, as distillation and ternarisation make it.</summary>
    public ImageEmbeddingModel With(VisionWeights weights, IReadOnlyDictionary<string, string>? provenance = null) =>
        new(Config, Processor, weights, Pooling, DenseModules, Normalize, provenance ?? Provenance);

    /// <summary>The same model with images prepared another way, at another resolution for one.</summary>
    public ImageEmbeddingModel With(ImageProcessorConfig processor) =>
        new(Config, processor, Weights, Pooling, DenseModules, Normalize, Provenance);

    internal override ImageEmbeddingModel WithLayers(IReadOnlyList<BertLayerWeights> layers, IReadOnlyDictionary<string, string> provenance) =>
        With(Weights with { Layers = layers }, provenance);
}

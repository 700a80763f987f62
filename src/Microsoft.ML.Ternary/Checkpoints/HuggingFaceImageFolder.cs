// The front door for image models in: a folder as Hugging Face lays it out becomes an ImageEmbeddingModel.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>What of the encoder's output an image's embedding is made of.</summary>
public enum ImagePooling
{
    /// <summary>CLIP's image embedding where the checkpoint has its projection; the state of the class token elsewhere.</summary>
    Default,

    /// <summary>The state of the class token after the last norm.</summary>
    Cls,

    /// <summary>The mean of the patches' states after the last norm.</summary>
    Mean,

    /// <summary>What transformers calls the pooler's output: tanh of a linear layer of the class token's state in ViT and DeiT,
    /// the class token's state in DINOv2 and CLIP.</summary>
    Pooler,
}

/// <summary>Reads Hugging Face folders of vision transformers: ViT, DeiT, DINOv2, and the image side of CLIP.</summary>
/// <remarks>Read are <c>config.json</c>, <c>preprocessor_config.json</c> and <c>model.safetensors</c> (F32, F16 or BF16; one file or
/// shards with an index). A folder without <c>preprocessor_config.json</c> prepares images as its family's image processor does by
/// default, at the resolution of <c>config.json</c>. A classifier on top is left out.</remarks>
public static class HuggingFaceImageFolder
{
    /// <summary>Reads a model in full precision.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pooling">What embeddings are made of.</param>
    /// <exception cref="CheckpointException">The folder or a file is absent or damaged, a tensor is missing or of the wrong
    /// shape, or the architecture is not supported; the message names the file and the field.</exception>
    public static ImageEmbeddingModel Load(string folder, ImagePooling pooling = ImagePooling.Default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new CheckpointException(folder, null, "there is no such folder.");
        (VisionConfig config, VisionFamily family, bool hasProjectionBias) = HuggingFaceVisionConfig.Read(Path.Combine(folder, "config.json"));
        ImageProcessorConfig processor = HuggingFaceImageProcessor.ReadIfThere(folder)
            ?? HuggingFaceImageProcessor.Default(family.Processor, config.ImageSize);
        VisionWeightReader reader = new(HuggingFaceWeights.Open(folder), config, family, hasProjectionBias);
        VisionWeights weights = reader.Read();
        (PoolingModes modes, DenseModule[] dense) = Head(reader, family, pooling);
        Dictionary<string, string> provenance = new() { ["source"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) };
        try
        {
            return new ImageEmbeddingModel(config, processor, weights, modes, dense, normalize: false, provenance);
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(folder, null, $"is not consistent: {e.Message}", e);
        }
    }

    private static (PoolingModes Modes, DenseModule[] Dense) Head(VisionWeightReader reader, VisionFamily family, ImagePooling pooling) => pooling switch
    {
        ImagePooling.Default when family.IsClip && reader.HasVisualProjection =>
            (PoolingModes.Cls, [new DenseModule(reader.VisualProjection(), DenseActivation.Identity)]),
        ImagePooling.Pooler when family.Name is "vit" or "deit" => (PoolingModes.Cls, [new DenseModule(reader.Pooler(), DenseActivation.Tanh)]),
        ImagePooling.Mean => (PoolingModes.Mean, []),
        ImagePooling.Default or ImagePooling.Cls or ImagePooling.Pooler => (PoolingModes.Cls, []),
        _ => throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "There is no such pooling."),
    };
}

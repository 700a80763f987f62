// The front door for models in: a folder as Hugging Face and sentence-transformers lay it out becomes an EmbeddingModel.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Reads Hugging Face and sentence-transformers folders of the BERT family.</summary>
/// <remarks>
/// Read are <c>config.json</c>, <c>model.safetensors</c> (F32, F16 or BF16; one file or shards with an index), <c>vocab.txt</c>
/// or <c>tokenizer.json</c>, <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>modules.json</c> with Pooling,
/// Dense and Normalize, and <c>sentence_bert_config.json</c>. A folder without <c>modules.json</c> is pooled by the mean and
/// not normalised, as sentence-transformers does.
/// </remarks>
public static class HuggingFaceFolder
{
    /// <summary>Reads a model in full precision.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">The folder or a file is absent or damaged, a tensor is missing or of the wrong
    /// shape, or the architecture is not supported; the message names the file and the field.</exception>
    public static EmbeddingModel Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new CheckpointException(folder, null, "there is no such folder.");
        SentenceTransformersModules modules = SentenceTransformersModules.Read(folder);
        string encoder = modules.TransformerFolder;
        BertConfig config = HuggingFaceConfig.Read(Path.Combine(encoder, "config.json"));
        TokenizerDefinition tokenizer = HuggingFaceTokenizer.Read(encoder, config);
        BertWeights weights = BertWeightReader.Read(HuggingFaceWeights.Open(encoder), config);
        DenseModule[] dense = [.. modules.DenseFolders.Select(SentenceTransformersModules.ReadDense)];
        RequireMatchingSizes(config, modules, dense);
        Dictionary<string, string> provenance = new() { ["source"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) };
        return new EmbeddingModel(config, tokenizer, weights, modules.Pooling, dense, modules.Normalize, provenance);
    }

    private static void RequireMatchingSizes(BertConfig config, SentenceTransformersModules modules, DenseModule[] dense)
    {
        int size = config.HiddenSize * modules.Pooling.Count();
        for (int i = 0; i < dense.Length; i++)
        {
            if (dense[i].Linear.InputSize != size)
                throw new CheckpointException(Path.Combine(modules.DenseFolders[i], "config.json"), "in_features", $"is {dense[i].Linear.InputSize}, but the module before it gives {size} components.");
            size = dense[i].OutputSize;
        }
    }
}

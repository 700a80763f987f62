// From Hugging Face's tensor names to BertWeights.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Reads the tensors of a BERT encoder, with or without the prefix that models with a head give them.</summary>
internal sealed class BertWeightReader
{
    private const string TokenEmbeddings = "embeddings.word_embeddings.weight";

    private readonly HuggingFaceWeights _tensors;
    private readonly BertConfig _config;
    private readonly string _prefix;

    private BertWeightReader(HuggingFaceWeights tensors, BertConfig config)
    {
        _tensors = tensors;
        _config = config;
        _prefix = !tensors.Contains(TokenEmbeddings) && tensors.Contains("bert." + TokenEmbeddings) ? "bert." : "";
    }

    /// <exception cref="CheckpointException">A tensor is missing or of another shape than the configuration's.</exception>
    public static BertWeights Read(HuggingFaceWeights tensors, BertConfig config)
    {
        BertWeightReader reader = new(tensors, config);
        BertLayerWeights[] layers = new BertLayerWeights[config.LayerCount];
        float[] tokens = reader.Matrix(TokenEmbeddings, config.VocabularySize, config.HiddenSize);
        for (int i = 0; i < layers.Length; i++)
            layers[i] = reader.Layer($"encoder.layer.{i}.");
        return new BertWeights
        {
            TokenEmbeddings = new Float32EmbeddingTable(tokens, config.VocabularySize, config.HiddenSize),
            PositionEmbeddings = reader.Matrix("embeddings.position_embeddings.weight", config.MaxPositions, config.HiddenSize),
            TokenTypeEmbeddings = reader.Matrix("embeddings.token_type_embeddings.weight", config.TokenTypes, config.HiddenSize),
            EmbeddingNorm = reader.Norm("embeddings.LayerNorm"),
            Layers = layers,
        };
    }

    private BertLayerWeights Layer(string name)
    {
        int hidden = _config.HiddenSize;
        int intermediate = _config.IntermediateSize;
        return new BertLayerWeights
        {
            Query = Linear(name + "attention.self.query", hidden, hidden),
            Key = Linear(name + "attention.self.key", hidden, hidden),
            Value = Linear(name + "attention.self.value", hidden, hidden),
            AttentionOutput = Linear(name + "attention.output.dense", hidden, hidden),
            AttentionNorm = Norm(name + "attention.output.LayerNorm"),
            Intermediate = Linear(name + "intermediate.dense", intermediate, hidden),
            Output = Linear(name + "output.dense", hidden, intermediate),
            OutputNorm = Norm(name + "output.LayerNorm"),
        };
    }

    private DenseLinearWeights Linear(string name, int outputs, int inputs) =>
        new(outputs, inputs, Matrix(name + ".weight", outputs, inputs), _tensors.Read(_prefix + name + ".bias", outputs));

    private LayerNormWeights Norm(string name)
    {
        // Checkpoints converted from TensorFlow keep its names.
        bool old = !_tensors.Contains(_prefix + name + ".weight") && _tensors.Contains(_prefix + name + ".gamma");
        return new LayerNormWeights(
            _tensors.Read(_prefix + name + (old ? ".gamma" : ".weight"), _config.HiddenSize),
            _tensors.Read(_prefix + name + (old ? ".beta" : ".bias"), _config.HiddenSize));
    }

    private float[] Matrix(string name, int rows, int columns) => _tensors.Read(_prefix + name, rows, columns);
}

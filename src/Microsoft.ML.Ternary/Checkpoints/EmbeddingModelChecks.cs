// The agreements between a model's parts that every reader and every encoder relies on, checked once, where a model is made.
namespace Microsoft.ML.Ternary.Checkpoints;

internal static class EmbeddingModelChecks
{
    public static void Validate(EmbeddingModel model)
    {
        BertConfig config = model.Config;
        BertWeights weights = model.Weights;
        int hidden = config.HiddenSize;
        Require(config.AttentionHeads > 0 && hidden % config.AttentionHeads == 0,
            $"hidden size {hidden} is not a multiple of the {config.AttentionHeads} attention heads");
        Require(weights.TokenEmbeddings.Rows == config.VocabularySize && weights.TokenEmbeddings.Columns == hidden,
            $"token embeddings are {weights.TokenEmbeddings.Rows} x {weights.TokenEmbeddings.Columns}, expected {config.VocabularySize} x {hidden}");
        Require(model.Tokenizer.Vocabulary.Count <= config.VocabularySize,
            $"the vocabulary has {model.Tokenizer.Vocabulary.Count} tokens, the embedding table only {config.VocabularySize} rows");
        Require(model.Tokenizer.MaxLength >= 2 && model.Tokenizer.MaxLength <= config.MaxPositions,
            $"the maximum length {model.Tokenizer.MaxLength} is not between 2 and the {config.MaxPositions} positions of the model");
        RequireLength("position embeddings", weights.PositionEmbeddings.Length, (long)config.MaxPositions * hidden);
        RequireLength("token type embeddings", weights.TokenTypeEmbeddings.Length, (long)config.TokenTypes * hidden);
        RequireNorm("embeddings.LayerNorm", weights.EmbeddingNorm, hidden);
        Require(weights.Layers.Count == config.LayerCount, $"{weights.Layers.Count} layers, expected {config.LayerCount}");
        for (int i = 0; i < weights.Layers.Count; i++)
            ValidateLayer($"encoder.layer.{i}.", weights.Layers[i], hidden, config.IntermediateSize);
        Require(model.Pooling != 0, "no pooling mode is set");
        ValidateDense(model);
    }

    private static void ValidateLayer(string prefix, BertLayerWeights layer, int hidden, int intermediate)
    {
        foreach ((string name, LinearWeights linear) in layer.Linears())
        {
            int outputs = name == "intermediate.dense" ? intermediate : hidden;
            int inputs = name == "output.dense" ? intermediate : hidden;
            Require(linear.OutputSize == outputs && linear.InputSize == inputs && linear.Bias.Length == outputs,
                $"{prefix}{name} is {linear.OutputSize} x {linear.InputSize} with {linear.Bias.Length} biases, expected {outputs} x {inputs}");
        }
        RequireNorm(prefix + "attention.output.LayerNorm", layer.AttentionNorm, hidden);
        RequireNorm(prefix + "output.LayerNorm", layer.OutputNorm, hidden);
    }

    private static void ValidateDense(EmbeddingModel model)
    {
        int size = model.Config.HiddenSize * model.Pooling.Count();
        foreach (DenseModule dense in model.DenseModules)
        {
            Require(dense.Linear.InputSize == size, $"a dense module takes {dense.Linear.InputSize} components but gets {size}");
            size = dense.OutputSize;
        }
    }

    private static void RequireNorm(string name, LayerNormWeights norm, int hidden)
    {
        RequireLength(name + ".weight", norm.Gain.Length, hidden);
        RequireLength(name + ".bias", norm.Bias.Length, hidden);
    }

    private static void RequireLength(string name, long actual, long expected) =>
        Require(actual == expected, $"{name} has {actual} values, expected {expected}");

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new ArgumentException(message + ".");
    }
}

// The agreements between a model's parts that every reader and every encoder relies on, checked once, where a model is made.
namespace Microsoft.ML.Ternary.Checkpoints;

internal static class EmbeddingModelChecks
{
    public static void Validate(EmbeddingModel model)
    {
        BertConfig config = model.Config;
        BertWeights weights = model.Weights;
        int hidden = config.HiddenSize;
        Require(weights.TokenEmbeddings.Rows == config.VocabularySize && weights.TokenEmbeddings.Columns == hidden,
            $"token embeddings are {weights.TokenEmbeddings.Rows} x {weights.TokenEmbeddings.Columns}, expected {config.VocabularySize} x {hidden}");
        Require(model.Tokenizer.Vocabulary.Count <= config.VocabularySize,
            $"the vocabulary has {model.Tokenizer.Vocabulary.Count} tokens, the embedding table only {config.VocabularySize} rows");
        Require(model.Tokenizer.MaxLength >= 2 && model.Tokenizer.MaxLength <= config.MaxPositions,
            $"the maximum length {model.Tokenizer.MaxLength} is not between 2 and the {config.MaxPositions} positions of the model");
        RequireLength("position embeddings", weights.PositionEmbeddings.Length, (long)config.MaxPositions * hidden);
        RequireLength("token type embeddings", weights.TokenTypeEmbeddings.Length, (long)config.TokenTypes * hidden);
        RequireNorm("embeddings.LayerNorm", weights.EmbeddingNorm, hidden);
        ValidateEncoder(model);
    }

    public static void Validate(ImageEmbeddingModel model)
    {
        VisionConfig config = model.Config;
        VisionWeights weights = model.Weights;
        int hidden = config.HiddenSize;
        Require(config.PatchSize > 0 && config.PositionGrid > 0, $"images of {config.ImageSize} pixels a side have no patch of {config.PatchSize}");
        Require(config.Channels == 3, $"images have {config.Channels} channels; models of 3, red, green and blue, are supported");
        Require(config.PrefixTokens > 0, "there is no token before the patches");
        DenseLinearWeights patches = weights.PatchProjection;
        Require(patches.OutputSize == hidden && patches.InputSize == config.PatchLength && patches.Bias.Length == hidden,
            $"the patch projection is {patches.OutputSize} x {patches.InputSize} with {patches.Bias.Length} biases, expected {hidden} x {config.PatchLength}");
        RequireLength("prefix tokens", weights.PrefixTokens.Length, (long)config.PrefixTokens * hidden);
        long positions = config.PrefixTokens + (long)config.PositionGrid * config.PositionGrid;
        RequireLength("position embeddings", weights.PositionEmbeddings.Length, positions * hidden);
        if (weights.EmbeddingNorm is not null)
            RequireNorm("embeddings.LayerNorm", weights.EmbeddingNorm, hidden);
        RequireNorm("encoder.LayerNorm", weights.FinalNorm, hidden);
        ValidateProcessor(model.Processor, config.PatchSize);
        ValidateEncoder(model);
    }

    private static void ValidateProcessor(ImageProcessorConfig processor, int patch)
    {
        Require(!processor.Resize || processor.Size is null != processor.ShortestEdge is null,
            "the image processor resizes, so it has either a size or a shortest edge");
        Require(processor.Mean.Count == 3 && processor.StandardDeviation.Count == 3 && processor.StandardDeviation.All(value => value > 0),
            "the image processor needs three means and three positive standard deviations");
        foreach ((string name, (int Height, int Width)? size) in new[] { ("crop", processor.CropSize), ("size", processor.Resize && processor.CropSize is null ? processor.Size : null) })
            Require(size is null || Math.Min(size.Value.Height, size.Value.Width) >= patch, $"the image processor's {name} is {size}, less than a patch of {patch} x {patch} pixels");
    }

    private static void ValidateEncoder(EncoderModel model)
    {
        EncoderConfig config = model.Config;
        Require(config.AttentionHeads > 0 && config.HiddenSize % config.AttentionHeads == 0,
            $"hidden size {config.HiddenSize} is not a multiple of the {config.AttentionHeads} attention heads");
        IReadOnlyList<BertLayerWeights> layers = model.Weights.Layers;
        Require(layers.Count == config.LayerCount, $"{layers.Count} layers, expected {config.LayerCount}");
        for (int i = 0; i < layers.Count; i++)
            ValidateLayer($"encoder.layer.{i}.", layers[i], config.HiddenSize, config.IntermediateSize);
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

    private static void ValidateDense(EncoderModel model)
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

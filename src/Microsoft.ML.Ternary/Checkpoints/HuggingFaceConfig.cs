// config.json of a Hugging Face checkpoint. What this project does not compute is refused by name here, rather than
// computed wrongly later.
namespace Microsoft.ML.Ternary.Checkpoints;

internal static class HuggingFaceConfig
{
    /// <summary>Reads the shape of a BERT encoder.</summary>
    /// <exception cref="CheckpointException">The file is absent or damaged, or the architecture is not supported.</exception>
    public static BertConfig Read(string path) => Read(JsonFile.Read(path));

    public static BertConfig Read(JsonFile json)
    {
        RequireSupported(json);
        BertConfig config = new()
        {
            VocabularySize = json.Int32("vocab_size"),
            HiddenSize = json.Int32("hidden_size"),
            LayerCount = json.Int32("num_hidden_layers"),
            AttentionHeads = json.Int32("num_attention_heads"),
            IntermediateSize = json.Int32("intermediate_size"),
            MaxPositions = json.Int32("max_position_embeddings", minimum: 2),
            TokenTypes = json.Int32("type_vocab_size", absent: 2),
            Activation = ReadActivation(json, json.String("hidden_act") ?? "gelu"),
            LayerNormEpsilon = ReadEpsilon(json, 1e-12),
        };
        RequireHeads(json, config);
        return config;
    }

    /// <summary>Refuses attention heads that do not share the hidden size evenly.</summary>
    /// <exception cref="CheckpointException">They do not.</exception>
    public static void RequireHeads(JsonFile json, EncoderConfig config)
    {
        if (config.HiddenSize % config.AttentionHeads != 0)
            throw json.Wrong("num_attention_heads", $"is {config.AttentionHeads}, which does not divide the hidden_size {config.HiddenSize}.");
    }

    private static void RequireSupported(JsonFile json)
    {
        string? type = json.String("model_type");
        if (type != "bert")
            throw json.Wrong("model_type", HuggingFaceVisionConfig.IsSupported(type)
                ? $"is \"{type}\", an image model; load it with HuggingFaceImageFolder, or embed a column of images with it."
                : $"is \"{type}\"; only \"bert\" is supported (BERT, MiniLM, BGE, E5 and GTE checkpoints of that type).");
        string positions = json.String("position_embedding_type") ?? "absolute";
        if (positions != "absolute")
            throw json.Wrong("position_embedding_type", $"is \"{positions}\"; only \"absolute\" is supported.");
        foreach (string flag in new[] { "is_decoder", "add_cross_attention", "is_encoder_decoder" })
            if (json.Boolean(flag) == true)
                throw json.Wrong(flag, "is true; only encoders are supported.");
    }

    /// <exception cref="CheckpointException">The activation is not supported.</exception>
    public static Activation ReadActivation(JsonFile json, string name) => name switch
    {
        "gelu" or "gelu_python" => Activation.Gelu,
        // gelu_fast is the same formula, factored differently.
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
        "relu" => Activation.Relu,
        string other => throw json.Wrong("hidden_act", $"is \"{other}\"; gelu, gelu_new, gelu_pytorch_tanh and relu are supported."),
    };

    /// <exception cref="CheckpointException">The epsilon is not between 0 and 1.</exception>
    public static float ReadEpsilon(JsonFile json, double absent)
    {
        double epsilon = json.Number("layer_norm_eps") ?? absent;
        if (!(epsilon is > 0 and < 1))
            throw json.Wrong("layer_norm_eps", $"is {epsilon}; a number between 0 and 1 was expected.");
        return (float)epsilon;
    }
}

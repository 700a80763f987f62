// From Hugging Face's tensor names to VisionWeights. Families and versions of transformers call the same tensor by different
// names, and models with a head put a prefix before them all.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Reads the tensors of a vision transformer.</summary>
internal sealed class VisionWeightReader
{
    // Names of the same thing: ViT, DeiT and DINOv2 since transformers 5, before it, and CLIP.
    private static readonly string[] PatchNames = ["embeddings.patch_embeddings.projection", "embeddings.patch_embedding"];
    private static readonly string[] ClassNames = ["embeddings.cls_token", "embeddings.class_embedding"];
    private static readonly string[] PositionNames = ["embeddings.position_embeddings", "embeddings.position_embedding.weight"];
    private static readonly string[] FinalNorms = ["layernorm", "post_layernorm"];
    private static readonly string[] LayerPrefixes = ["layers.", "encoder.layer.", "encoder.layers."];
    private static readonly string[] Queries = ["attention.q_proj", "attention.attention.query", "self_attn.q_proj"];
    private static readonly string[] Keys = ["attention.k_proj", "attention.attention.key", "self_attn.k_proj"];
    private static readonly string[] Values = ["attention.v_proj", "attention.attention.value", "self_attn.v_proj"];
    private static readonly string[] AttentionOutputs = ["attention.o_proj", "attention.output.dense", "self_attn.out_proj"];
    private static readonly string[] Intermediates = ["mlp.fc1", "intermediate.dense"];
    private static readonly string[] Outputs = ["mlp.fc2", "output.dense"];
    private static readonly string[] FirstNorms = ["layernorm_before", "norm1", "layer_norm1"];
    private static readonly string[] SecondNorms = ["layernorm_after", "norm2", "layer_norm2"];

    private readonly HuggingFaceWeights _tensors;
    private readonly VisionConfig _config;
    private readonly VisionFamily _family;
    private readonly bool _hasProjectionBias;
    private readonly string _prefix;

    public VisionWeightReader(HuggingFaceWeights tensors, VisionConfig config, VisionFamily family, bool hasProjectionBias)
    {
        (_tensors, _config, _family, _hasProjectionBias) = (tensors, config, family, hasProjectionBias);
        string[] prefixes = ["", family.Name + ".", "vision_model.", "clip.vision_model.", "model.vision_model."];
        _prefix = Array.Find(prefixes, prefix => PatchNames.Any(name => tensors.Contains(prefix + name + ".weight"))) ?? "";
    }

    /// <exception cref="CheckpointException">A tensor is missing or of another shape than the configuration's.</exception>
    public VisionWeights Read()
    {
        int hidden = _config.HiddenSize;
        string patches = Name(PatchNames, ".weight");
        int positions = _config.PrefixTokens + _config.PositionGrid * _config.PositionGrid;
        string layers = LayerPrefixes.FirstOrDefault(prefix => Queries.Any(query => _tensors.Contains($"{_prefix}{prefix}0.{query}.weight"))) ?? LayerPrefixes[0];
        return new VisionWeights
        {
            PatchProjection = new DenseLinearWeights(hidden, _config.PatchLength,
                _tensors.Read(patches + ".weight", hidden, _config.Channels, _config.PatchSize, _config.PatchSize), Bias(patches, hidden, mayLack: _family.IsClip)),
            PrefixTokens = ReadPrefixTokens(hidden),
            PositionEmbeddings = _family.IsClip ? _tensors.Read(Name(PositionNames), positions, hidden) : _tensors.Read(Name(PositionNames), 1, positions, hidden),
            // The name is misspelt in the checkpoints.
            EmbeddingNorm = _family.IsClip ? Norm(["pre_layrnorm", "pre_layernorm"]) : null,
            Layers = [.. Enumerable.Range(0, _config.LayerCount).Select(i => Layer($"{layers}{i}."))],
            FinalNorm = Norm(FinalNorms),
        };
    }

    /// <summary>The linear layer from the class token's state to CLIP's space of images and texts.</summary>
    /// <exception cref="CheckpointException">It is missing: the checkpoint is that of a tower without it.</exception>
    public DenseLinearWeights VisualProjection()
    {
        const string Projection = "visual_projection.weight";
        int outputs = (int)_tensors.Shape(Projection)[0];
        return new DenseLinearWeights(outputs, _config.HiddenSize, _tensors.Read(Projection, outputs, _config.HiddenSize), new float[outputs]);
    }

    /// <summary>Whether there is a visual projection.</summary>
    public bool HasVisualProjection => _tensors.Contains("visual_projection.weight");

    /// <summary>The pooler's linear layer.</summary>
    /// <exception cref="CheckpointException">It is missing: the checkpoint was saved without a pooler.</exception>
    public DenseLinearWeights Pooler()
    {
        string name = _prefix + "pooler.dense";
        int outputs = (int)_tensors.Shape(name + ".weight")[0];
        return new DenseLinearWeights(outputs, _config.HiddenSize, _tensors.Read(name + ".weight", outputs, _config.HiddenSize), _tensors.Read(name + ".bias", outputs));
    }

    private float[] ReadPrefixTokens(int hidden)
    {
        float[] tokens = _family.IsClip ? _tensors.Read(Name(ClassNames), hidden) : _tensors.Read(Name(ClassNames), 1, 1, hidden);
        return _config.PrefixTokens == 1 ? tokens : [.. tokens, .. _tensors.Read(_prefix + "embeddings.distillation_token", 1, 1, hidden)];
    }

    private BertLayerWeights Layer(string layer)
    {
        int hidden = _config.HiddenSize, intermediate = _config.IntermediateSize;
        return new BertLayerWeights
        {
            Query = Linear(layer, Queries, hidden, hidden, !_hasProjectionBias),
            Key = Linear(layer, Keys, hidden, hidden, !_hasProjectionBias),
            Value = Linear(layer, Values, hidden, hidden, !_hasProjectionBias),
            AttentionOutput = Scaled(Linear(layer, AttentionOutputs, hidden, hidden), layer + "layer_scale1.lambda1"),
            AttentionNorm = Norm([.. FirstNorms.Select(name => layer + name)]),
            Intermediate = Linear(layer, Intermediates, intermediate, hidden),
            Output = Scaled(Linear(layer, Outputs, hidden, intermediate), layer + "layer_scale2.lambda1"),
            OutputNorm = Norm([.. SecondNorms.Select(name => layer + name)]),
        };
    }

    private DenseLinearWeights Linear(string layer, string[] names, int outputs, int inputs, bool mayLackBias = false)
    {
        string name = Name([.. names.Select(part => layer + part)], ".weight");
        return new(outputs, inputs, _tensors.Read(name + ".weight", outputs, inputs), Bias(name, outputs, mayLackBias));
    }

    // DINOv2 multiplies what a layer adds to the residual stream by a factor a component. That is a factor on the rows of the linear
    // layer before it, and needs no code of its own; a ternary scale a row takes it up unchanged.
    private DenseLinearWeights Scaled(DenseLinearWeights linear, string name)
    {
        if (!_tensors.Contains(_prefix + name))
            return linear;
        float[] factors = _tensors.Read(_prefix + name, linear.OutputSize);
        return linear with
        {
            Matrix = [.. linear.Matrix.Select((weight, i) => weight * factors[i / linear.InputSize])],
            Bias = [.. linear.Bias.Select((bias, i) => bias * factors[i])],
        };
    }

    private float[] Bias(string name, int outputs, bool mayLack) =>
        mayLack && !_tensors.Contains(name + ".bias") ? new float[outputs] : _tensors.Read(name + ".bias", outputs);

    private LayerNormWeights Norm(string[] names)
    {
        string name = Name(names, ".weight");
        return new LayerNormWeights(_tensors.Read(name + ".weight", _config.HiddenSize), _tensors.Read(name + ".bias", _config.HiddenSize));
    }

    // The first where there is none, which reading then reports.
    private string Name(string[] names, string suffix = "") =>
        _prefix + (Array.Find(names, name => _tensors.Contains(_prefix + name + suffix)) ?? names[0]);
}

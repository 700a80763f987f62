// BERT in libtorch as a careful user would write it for inference: one product for query, key and value, fused attention, one type
// throughout, no gradients. It is not the distiller's module, which keeps what training needs.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Benchmarks.Engines;

/// <summary>A BERT encoder with mean pooling and L2 normalisation; parameters lie in memory uninitialised until they are copied or
/// loaded.</summary>
internal sealed class TorchBertModule : nn.Module
{
    // Added to the scores of padding.
    private const float Excluded = -1e9f;

    private readonly BertConfig _config;
    private readonly ScalarType _type;
    private readonly Parameter _tokens, _positions;
    private readonly Norm _embeddingNorm;
    private readonly Layer[] _layers;

    public TorchBertModule(BertConfig config, ScalarType type) : base("bert")
    {
        (_config, _type) = (config, type);
        _tokens = Add("tokens", config.VocabularySize, config.HiddenSize);
        _positions = Add("positions", config.MaxPositions, config.HiddenSize);
        _embeddingNorm = AddNorm("norm");
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(AddLayer)];
    }

    /// <summary>A module with a model's weights.</summary>
    public static TorchBertModule Create(EmbeddingModel model, ScalarType type)
    {
        TorchBertModule module = new(model.Config, type);
        BertWeights weights = model.Weights;
        Copy(DenseWeights.Rows(weights.TokenEmbeddings), module._tokens);
        Copy(DenseWeights.PositionsWithType(weights), module._positions);
        Copy(weights.EmbeddingNorm, module._embeddingNorm);
        for (int i = 0; i < module._layers.Length; i++)
            Copy(weights.Layers[i], module._layers[i]);
        return module;
    }

    /// <summary>Embeds a batch.</summary>
    /// <param name="ids">Token ids, int64, batch x length.</param>
    /// <param name="mask">1 for tokens and 0 for padding, in the module's type, batch x length; null where nothing is padded.</param>
    /// <returns>Embeddings, float32, batch x hidden.</returns>
    public Tensor Forward(Tensor ids, Tensor? mask)
    {
        Tensor tokens = _tokens.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], _config.HiddenSize);
        Tensor x = tokens + _positions.narrow(0, 0, ids.shape[1]);
        x = Normalize(x, _embeddingNorm);
        Tensor? scores = mask is null ? null : ((1 - mask) * Excluded).unsqueeze(1).unsqueeze(1);
        foreach (Layer layer in _layers)
            x = Run(layer, x, scores);
        Tensor pooled = mask is null ? x.mean([1]) : (x * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim: true);
        return nn.functional.normalize(pooled.to(ScalarType.Float32), dim: -1);
    }

    private Tensor Run(Layer layer, Tensor x, Tensor? scores)
    {
        (long batch, long length) = (x.shape[0], x.shape[1]);
        Tensor[] heads = nn.functional.linear(x, layer.Projections.Weight, layer.Projections.Bias)
            .view(batch, length, 3, _config.AttentionHeads, _config.HeadSize).permute(2, 0, 3, 1, 4).unbind(0);
        Tensor context = nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], scores)
            .transpose(1, 2).reshape(batch, length, _config.HiddenSize);
        x = Normalize(x + nn.functional.linear(context, layer.AttentionOutput.Weight, layer.AttentionOutput.Bias), layer.AttentionNorm);
        Tensor inner = nn.functional.gelu(nn.functional.linear(x, layer.Intermediate.Weight, layer.Intermediate.Bias));
        return Normalize(x + nn.functional.linear(inner, layer.Output.Weight, layer.Output.Bias), layer.OutputNorm);
    }

    private Tensor Normalize(Tensor x, Norm norm) =>
        nn.functional.layer_norm(x, [_config.HiddenSize], norm.Gain, norm.Bias, _config.LayerNormEpsilon);

    private Parameter Add(string name, params ReadOnlySpan<long> shape)
    {
        Parameter parameter = new(empty(shape, dtype: _type), requires_grad: false);
        register_parameter(name, parameter);
        return parameter;
    }

    private Norm AddNorm(string name) => new(Add(name + "_gain", _config.HiddenSize), Add(name + "_bias", _config.HiddenSize));

    private Linear AddLinear(string name, int outputs, int inputs) => new(Add(name + "_weight", outputs, inputs), Add(name + "_bias", outputs));

    private Layer AddLayer(int index)
    {
        (int hidden, int intermediate, string name) = (_config.HiddenSize, _config.IntermediateSize, $"layer{index}_");
        return new Layer(
            AddLinear(name + "projections", 3 * hidden, hidden), AddLinear(name + "attention_output", hidden, hidden), AddNorm(name + "attention_norm"),
            AddLinear(name + "intermediate", intermediate, hidden), AddLinear(name + "output", hidden, intermediate), AddNorm(name + "output_norm"));
    }

    private static void Copy(BertLayerWeights from, Layer to)
    {
        float[][] matrices = [DenseWeights.Values(from.Query), DenseWeights.Values(from.Key), DenseWeights.Values(from.Value)];
        Copy([.. matrices.SelectMany(matrix => matrix)], to.Projections.Weight);
        Copy([.. from.Query.Bias, .. from.Key.Bias, .. from.Value.Bias], to.Projections.Bias);
        Copy(from.AttentionOutput, to.AttentionOutput);
        Copy(from.AttentionNorm, to.AttentionNorm);
        Copy(from.Intermediate, to.Intermediate);
        Copy(from.Output, to.Output);
        Copy(from.OutputNorm, to.OutputNorm);
    }

    private static void Copy(LinearWeights from, Linear to)
    {
        Copy(DenseWeights.Values(from), to.Weight);
        Copy(from.Bias, to.Bias);
    }

    private static void Copy(LayerNormWeights from, Norm to)
    {
        Copy(from.Gain, to.Gain);
        Copy(from.Bias, to.Bias);
    }

    private static void Copy(float[] values, Parameter parameter)
    {
        using Tensor source = tensor(values, parameter.shape);
        parameter.copy_(source);
    }

    private sealed record Norm(Parameter Gain, Parameter Bias);

    private sealed record Linear(Parameter Weight, Parameter Bias);

    private sealed record Layer(Linear Projections, Linear AttentionOutput, Norm AttentionNorm, Linear Intermediate, Linear Output, Norm OutputNorm);
}

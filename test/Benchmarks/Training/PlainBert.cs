// BERT in libtorch as one writes it to train it without further thought: float32, a module a layer, autograd through everything. What
// the distiller is measured against.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Benchmarks.Training;

/// <summary>A BERT encoder whose linear layers are ternarised on the fly, a scale a row and int8 activations, or left as they are.</summary>
/// <remarks>Ternary values are w + (q - w) with the bracket cut out of the graph: the straight-through estimator. Numbers that
/// libtorch reads are tensors: TorchSharp's own may be collected meanwhile.</remarks>
internal sealed class PlainBert : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly BertConfig _config;
    private readonly bool _ternary;
    private readonly Tensor _tokens, _positions;
    private readonly Tensor _threshold = tensor(0.75f), _levels = tensor(127f), _excluded = tensor(-1e9f), _one = tensor(1f);
    private readonly (Parameter Gain, Parameter Bias) _embeddingNorm;
    private readonly Layer[] _layers;

    /// <param name="model">A model in full precision, whose weights are copied.</param>
    /// <param name="ternary">Whether it is the student, which is trained, or the teacher.</param>
    public PlainBert(EmbeddingModel model, bool ternary) : base("plain")
    {
        (_config, _ternary) = (model.Config, ternary);
        BertWeights weights = model.Weights;
        var tokens = new float[checked(weights.TokenEmbeddings.Rows * weights.TokenEmbeddings.Columns)];
        for (int row = 0; row < weights.TokenEmbeddings.Rows; row++)
            weights.TokenEmbeddings.CopyRow(row, tokens.AsSpan(row * _config.HiddenSize, _config.HiddenSize));
        _tokens = tensor(tokens, [_config.VocabularySize, _config.HiddenSize]);
        using Tensor type = tensor(weights.TokenTypeEmbeddings.AsSpan(0, _config.HiddenSize).ToArray());
        using Tensor positions = tensor(weights.PositionEmbeddings, [_config.MaxPositions, _config.HiddenSize]);
        _positions = positions + type;
        _embeddingNorm = Norm("norm", weights.EmbeddingNorm);
        _layers = [.. weights.Layers.Select((layer, i) => new Layer(
            Linear($"{i}.query", layer.Query), Linear($"{i}.key", layer.Key), Linear($"{i}.value", layer.Value), Linear($"{i}.attention", layer.AttentionOutput),
            Norm($"{i}.attention_norm", layer.AttentionNorm), Linear($"{i}.intermediate", layer.Intermediate), Linear($"{i}.output", layer.Output),
            Norm($"{i}.output_norm", layer.OutputNorm)))];
    }

    /// <summary>Ids and mask (1 for tokens), batch x length, to hidden states, batch x length x hidden.</summary>
    public override Tensor forward(Tensor ids, Tensor mask)
    {
        Tensor x = Normalize(_tokens.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], -1) + _positions.narrow(0, 0, ids.shape[1]), _embeddingNorm);
        Tensor scores = ((_one - mask) * _excluded).unsqueeze(1).unsqueeze(1);
        foreach (Layer layer in _layers)
        {
            Tensor context = nn.functional.scaled_dot_product_attention(
                Heads(Apply(layer.Query, x)), Heads(Apply(layer.Key, x)), Heads(Apply(layer.Value, x)), scores);
            x = Normalize(x + Apply(layer.AttentionOutput, context.transpose(1, 2).reshape(x.shape)), layer.AttentionNorm);
            x = Normalize(x + Apply(layer.Output, nn.functional.gelu(Apply(layer.Intermediate, x))), layer.OutputNorm);
        }
        return x;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (Tensor tensor in new[] { _tokens, _positions, _threshold, _levels, _excluded, _one })
                tensor.Dispose();
        }
        base.Dispose(disposing);
    }

    private Tensor Apply((Parameter Weight, Parameter Bias) linear, Tensor x) => _ternary
        ? nn.functional.linear(Rounded(x), Ternary(linear.Weight), linear.Bias)
        : nn.functional.linear(x, linear.Weight, linear.Bias);

    private Tensor Rounded(Tensor x)
    {
        Tensor detached = x.detach();
        Tensor scale = detached.abs().amax([-1], keepdim: true) / _levels;
        return x + (((detached / scale).round() * scale) - detached);
    }

    private Tensor Ternary(Tensor weight)
    {
        Tensor detached = weight.detach(), magnitude = detached.abs();
        Tensor kept = (magnitude > magnitude.mean([1], keepdim: true) * _threshold).to(ScalarType.Float32);
        Tensor scale = (magnitude * kept).sum(1, keepdim: true) / kept.sum(1, keepdim: true);
        return weight + ((detached.sign() * kept * scale) - detached);
    }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], _config.AttentionHeads, _config.HeadSize).transpose(1, 2);

    private Tensor Normalize(Tensor x, (Parameter Gain, Parameter Bias) norm) =>
        nn.functional.layer_norm(x, [_config.HiddenSize], norm.Gain, norm.Bias, _config.LayerNormEpsilon);

    private (Parameter, Parameter) Linear(string name, LinearWeights weights)
    {
        var dense = (DenseLinearWeights)weights;
        return (Add(name + "_weight", dense.Matrix, dense.OutputSize, dense.InputSize), Add(name + "_bias", dense.Bias, dense.OutputSize));
    }

    private (Parameter, Parameter) Norm(string name, LayerNormWeights weights) =>
        (Add(name + "_gain", weights.Gain, weights.Gain.Length), Add(name + "_bias", weights.Bias, weights.Bias.Length));

    private Parameter Add(string name, float[] values, params ReadOnlySpan<long> shape)
    {
        Parameter parameter = new(tensor(values, shape), requires_grad: _ternary);
        register_parameter(name.Replace('.', '_'), parameter);
        return parameter;
    }

    private sealed record Layer(
        (Parameter, Parameter) Query, (Parameter, Parameter) Key, (Parameter, Parameter) Value, (Parameter, Parameter) AttentionOutput, (Parameter, Parameter) AttentionNorm,
        (Parameter, Parameter) Intermediate, (Parameter, Parameter) Output, (Parameter, Parameter) OutputNorm);
}

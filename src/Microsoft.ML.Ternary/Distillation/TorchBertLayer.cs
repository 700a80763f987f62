// One transformer layer of BERT, post-norm, as Devlin et al. (arXiv 1810.04805) and Hugging Face's BertLayer have it.
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class TorchBertLayer : IDisposable
{
    private readonly BertConfig _config;
    private readonly BertLayerWeights _start;
    private readonly Dictionary<string, TorchLinear> _linears;
    private readonly TorchLayerNorm _attentionNorm, _outputNorm;
    private readonly TorchLinear _query, _key, _value, _attentionOutput, _intermediate, _output;

    public TorchBertLayer(
        string name, BertConfig config, BertLayerWeights weights, Func<string, DenseLinearWeights, TorchLinear> linear, Device device)
    {
        (_config, _start) = (config, weights);
        _linears = weights.Linears().ToDictionary(part => part.Name, part => linear($"{name}.{part.Name}", InFullPrecision(name, part)));
        _query = _linears["attention.self.query"];
        _key = _linears["attention.self.key"];
        _value = _linears["attention.self.value"];
        _attentionOutput = _linears["attention.output.dense"];
        _intermediate = _linears["intermediate.dense"];
        _output = _linears["output.dense"];
        _attentionNorm = new TorchLayerNorm(name + ".attention.output.LayerNorm", weights.AttentionNorm, config.LayerNormEpsilon, device);
        _outputNorm = new TorchLayerNorm(name + ".output.LayerNorm", weights.OutputNorm, config.LayerNormEpsilon, device);
    }

    /// <summary>All that may be trained.</summary>
    public IEnumerable<Trainable> Trainables =>
        [.. _linears.Values.SelectMany(linear => linear.Trainables), .. _attentionNorm.Trainables, .. _outputNorm.Trainables];

    /// <summary>Hidden states in, hidden states out; the mask is 0 for tokens and very negative for padding, or null.</summary>
    public Tensor Forward(Tensor x, Tensor? mask, ScalarType matrixType, Action<AttentionStates>? onAttention = null)
    {
        var input = new TorchActivation(x, matrixType);
        var states = new AttentionStates(SplitHeads(_query.forward(input)), SplitHeads(_key.forward(input)), SplitHeads(_value.forward(input)));
        onAttention?.Invoke(states);
        Tensor heads = nn.functional.scaled_dot_product_attention(states.Query, states.Key, states.Value, mask);
        Tensor context = heads.transpose(1, 2).reshape(x.shape);
        x = _attentionNorm.forward(_attentionOutput.forward(new(context, matrixType)).Plus(x));
        Tensor inner = Activate(_intermediate.forward(new(x, matrixType)));
        return _outputNorm.forward(_output.forward(new(inner, matrixType)).Plus(x));
    }

    /// <summary>The present weights.</summary>
    public BertLayerWeights Export() => _start.MapLinears((name, weights) => _linears[name].Export()) with
    {
        AttentionNorm = _attentionNorm.Export(),
        OutputNorm = _outputNorm.Export(),
    };

    public void Dispose()
    {
        foreach (IDisposable part in _linears.Values.Cast<IDisposable>().Append(_attentionNorm).Append(_outputNorm))
            part.Dispose();
    }

    private Tensor SplitHeads(Tensor x) =>
        x.view(x.shape[0], x.shape[1], _config.AttentionHeads, _config.HeadSize).transpose(1, 2);

    private Tensor Activate(Tensor x) => _config.Activation switch
    {
        Activation.Relu => nn.functional.relu(x),
        Activation.GeluTanh => GeluTanh(x),
        _ => nn.functional.gelu(x),
    };

    private static Tensor GeluTanh(Tensor x) => x.Times(0.5) * x.Plus((x * x * x).Times(0.044715)).Times(Math.Sqrt(2 / Math.PI)).tanh().Plus(1);

    private static DenseLinearWeights InFullPrecision(string layer, (string Name, LinearWeights Weights) part) =>
        part.Weights as DenseLinearWeights ?? throw new ArgumentException(
            $"{layer}.{part.Name} is ternary already; a teacher must be a model in full precision.");
}

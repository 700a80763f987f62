// The peers' model: the same architecture and the same weights as ours, written as ONNX. Float32 graphs hold code x scale, int8
// graphs that value in int8 with a scale a matrix.
using Benchmarks.Engines;
using Microsoft.ML.Ternary.Checkpoints;

namespace Benchmarks.Onnx;

/// <summary>Writes a BERT encoder with mean pooling and L2 normalisation: input_ids (batch x length, int32), and where asked
/// attention_mask (the same shape, 1 for tokens and 0 for padding), to embedding (batch x hidden).</summary>
internal sealed class BertOnnxGraph
{
    public const string InputIds = "input_ids", AttentionMask = "attention_mask", Embedding = "embedding";

    // Added to the scores of padding: softmax then gives it nothing.
    private const float Excluded = -1e9f;

    private readonly EmbeddingModel _model;
    private readonly BertConfig _config;
    private readonly BertOnnxForm _form;
    private readonly OnnxGraph _graph;
    private readonly bool _masked;
    private string _excluded = "";

    private BertOnnxGraph(EmbeddingModel model, BertOnnxForm form, bool masked, OnnxGraph graph)
    {
        if (model.Pooling != PoolingModes.Mean || !model.Normalize || model.DenseModules.Count > 0 || model.Config.Activation != Activation.Gelu)
            throw new NotSupportedException("The ONNX peers are written for models with gelu, mean pooling and normalisation, without dense modules.");
        (_model, _config, _form, _masked, _graph) = (model, model.Config, form, masked, graph);
    }

    /// <summary>Writes the model to <paramref name="path"/> and its large tensors, unless they are there, to <paramref name="weights"/>.</summary>
    /// <exception cref="NotSupportedException">The model is not such an encoder, or a layer is not ternary.</exception>
    public static void Write(EmbeddingModel model, BertOnnxForm form, bool masked, ExternalTensorFile weights, string path)
    {
        OnnxGraph graph = new(weights);
        new BertOnnxGraph(model, form, masked, graph).Build();
        graph.Save(path);
    }

    private void Build()
    {
        _graph.Input(InputIds, OnnxType.Int32, "batch", "length");
        if (_masked)
        {
            _graph.Input(AttentionMask, OnnxType.Int32, "batch", "length");
            if (!_form.FusedAttention)
                _excluded = ExcludedScores();
        }
        string x = Embed();
        for (int i = 0; i < _model.Weights.Layers.Count; i++)
            x = Layer(x, _model.Weights.Layers[i], $"layer.{i}.");
        string pooled = _masked ? MaskedMean(x) : _graph.Node("ReduceMean", [x], OnnxAttribute.Integers("axes", 1), OnnxAttribute.Integer("keepdims", 0));
        string embedding = _graph.Node("LpNormalization", [pooled], OnnxAttribute.Integer("axis", 1), OnnxAttribute.Integer("p", 2));
        _graph.Output(Embedding, embedding, OnnxType.Float32, "batch", _config.HiddenSize);
    }

    private string Embed()
    {
        EmbeddingTable table = _model.Weights.TokenEmbeddings;
        string tokens = _graph.Tensor("token_embeddings", OnnxType.Float32, [table.Rows, table.Columns], () => DenseWeights.Rows(table));
        string positions = _graph.Tensor("position_embeddings", OnnxType.Float32, [_config.MaxPositions, _config.HiddenSize], () => DenseWeights.PositionsWithType(_model.Weights));
        string length = _graph.Node("Slice", [_graph.Node("Shape", [InputIds]), _graph.Integers("one", 1), _graph.Integers("two", 2)]);
        string present = _graph.Node("Slice", [positions, _graph.Integers("zero", 0), length, _graph.Integers("axis0", 0)]);
        return LayerNorm(_graph.Node("Add", [_graph.Node("Gather", [tokens, InputIds]), present]), "embeddings.norm", _model.Weights.EmbeddingNorm);
    }

    private string Layer(string x, BertLayerWeights layer, string name)
    {
        string context = _form.FusedAttention ? FusedAttention(x, layer, name) : Attention(x, layer, name);
        x = LinearAddNorm(context, x, layer.AttentionOutput, layer.AttentionNorm, name + "attention_output");
        string inner = LinearGelu(x, layer.Intermediate, name + "intermediate");
        return LinearAddNorm(inner, x, layer.Output, layer.OutputNorm, name + "output");
    }

    private string Attention(string x, BertLayerWeights layer, string name)
    {
        string[] projected = Projections(x, layer, name);
        string query = Heads(projected[0], 0, 2, 1, 3);
        string key = Heads(projected[1], 0, 2, 3, 1);
        string value = Heads(projected[2], 0, 2, 1, 3);
        string scores = _graph.Node("Div", [_graph.Node("MatMul", [query, key]), _graph.Number("sqrt_head_size", MathF.Sqrt(_config.HeadSize))]);
        if (_masked)
            scores = _graph.Node("Add", [scores, _excluded]);
        string shares = _graph.Node("Softmax", [scores], OnnxAttribute.Integer("axis", -1));
        string context = _graph.Node("Transpose", [_graph.Node("MatMul", [shares, value])], OnnxAttribute.Integers("perm", 0, 2, 1, 3));
        return _graph.Node("Reshape", [context, _graph.Integers("merged_shape", 0, 0, _config.HiddenSize)]);
    }

    private string Heads(string x, params ReadOnlySpan<long> order) => _graph.Node(
        "Transpose",
        [_graph.Node("Reshape", [x, _graph.Integers("split_shape", 0, 0, _config.AttentionHeads, _config.HeadSize)])],
        OnnxAttribute.Integers("perm", order));

    private string FusedAttention(string x, BertLayerWeights layer, string name)
    {
        string[] inputs = _masked ? [.. Projections(x, layer, name), "", AttentionMask] : Projections(x, layer, name);
        return _graph.MicrosoftNode("MultiHeadAttention", inputs, OnnxAttribute.Integer("num_heads", _config.AttentionHeads));
    }

    // Query, key and value share one rounding of x.
    private string[] Projections(string x, BertLayerWeights layer, string name)
    {
        string[]? rounded = _form.Int8 ? _graph.NodeWithOutputs("DynamicQuantizeLinear", [x], 3) : null;
        (LinearWeights Weights, string Name)[] parts = [(layer.Query, "query"), (layer.Key, "key"), (layer.Value, "value")];
        return [.. parts.Select(part => rounded is null
            ? Linear(x, part.Weights, name + part.Name, withBias: true)
            : IntegerLinear(rounded, part.Weights, name + part.Name, withBias: true))];
    }

    private string LinearAddNorm(string x, string residual, LinearWeights weights, LayerNormWeights norm, string name)
    {
        if (!_form.FusedNorm)
            return LayerNorm(_graph.Node("Add", [Linear(x, weights, name, withBias: true), residual]), name + ".norm", norm);
        string y = Linear(x, weights, name, withBias: false);
        return _graph.MicrosoftNode(
            "SkipLayerNormalization", [y, residual, .. GainAndBias(name + ".norm", norm), Bias(weights, name)], OnnxAttribute.Single("epsilon", _config.LayerNormEpsilon));
    }

    private string LinearGelu(string x, LinearWeights weights, string name)
    {
        if (_form.FusedNorm)
            return _graph.MicrosoftNode("BiasGelu", [Linear(x, weights, name, withBias: false), Bias(weights, name)]);
        string y = Linear(x, weights, name, withBias: true);
        if (_form.FusedMatMul)
            return _graph.MicrosoftNode("Gelu", [y]);
        string error = _graph.Node("Erf", [_graph.Node("Div", [y, _graph.Number("sqrt_2", MathF.Sqrt(2))])]);
        string twice = _graph.Node("Mul", [y, _graph.Node("Add", [error, _graph.Number("number_1", 1)])]);
        return _graph.Node("Mul", [twice, _graph.Number("half", 0.5f)]);
    }

    private string Linear(string x, LinearWeights weights, string name, bool withBias)
    {
        if (!_form.Int8)
        {
            string y = _graph.Node("MatMul", [x, _graph.Tensor(name, OnnxType.Float32, [weights.InputSize, weights.OutputSize], () => TransposedWeights.Values(DenseWeights.Ternary(weights)))]);
            return withBias ? _graph.Node("Add", [y, Bias(weights, name)]) : y;
        }
        if (_form.FusedMatMul)
            return _graph.MicrosoftNode("DynamicQuantizeMatMul", [x, Codes(weights, name), Scale(weights, name), "", withBias ? Bias(weights, name) : ""]);
        return IntegerLinear(_graph.NodeWithOutputs("DynamicQuantizeLinear", [x], 3), weights, name, withBias);
    }

    /// <summary>The product of activations that are rounded already: codes, scale, zero point.</summary>
    private string IntegerLinear(string[] rounded, LinearWeights weights, string name, bool withBias)
    {
        string codes = Codes(weights, name), scale = Scale(weights, name);
        if (_form.FusedMatMul)
            return _graph.MicrosoftNode("MatMulIntegerToFloat", [rounded[0], codes, rounded[1], scale, rounded[2], "", withBias ? Bias(weights, name) : ""]);
        string sums = _graph.Node("MatMulInteger", [rounded[0], codes, rounded[2]]);
        string product = _graph.Node("Mul", [_graph.Node("Cast", [sums], OnnxAttribute.Integer("to", (int)OnnxType.Float32)), _graph.Node("Mul", [rounded[1], scale])]);
        return withBias ? _graph.Node("Add", [product, Bias(weights, name)]) : product;
    }

    private string LayerNorm(string x, string name, LayerNormWeights norm) => _graph.Node(
        "LayerNormalization", [x, .. GainAndBias(name, norm)], OnnxAttribute.Integer("axis", -1), OnnxAttribute.Single("epsilon", _config.LayerNormEpsilon));

    private string ExcludedScores()
    {
        string padding = _graph.Node("Sub", [_graph.Number("number_1", 1), FloatMask()]);
        string scores = _graph.Node("Mul", [padding, _graph.Number("excluded", Excluded)]);
        return _graph.Node("Unsqueeze", [scores, _graph.Integers("heads_and_queries", 1, 2)]);
    }

    private string MaskedMean(string x)
    {
        string mask = _graph.Node("Unsqueeze", [FloatMask(), _graph.Integers("last", -1)]);
        string sum = _graph.Node("ReduceSum", [_graph.Node("Mul", [x, mask]), _graph.Integers("one", 1)], OnnxAttribute.Integer("keepdims", 0));
        string count = _graph.Node("ReduceSum", [mask, _graph.Integers("one", 1)], OnnxAttribute.Integer("keepdims", 0));
        return _graph.Node("Div", [sum, count]);
    }

    private string FloatMask() => _graph.Node("Cast", [AttentionMask], OnnxAttribute.Integer("to", (int)OnnxType.Float32));

    private string[] GainAndBias(string name, LayerNormWeights norm) =>
    [
        _graph.Tensor(name + ".gain", OnnxType.Float32, [norm.Gain.Length], () => norm.Gain),
        _graph.Tensor(name + ".bias", OnnxType.Float32, [norm.Bias.Length], () => norm.Bias),
    ];

    private string Bias(LinearWeights weights, string name) => _graph.Tensor(name + ".bias", OnnxType.Float32, [weights.OutputSize], () => weights.Bias);

    private string Codes(LinearWeights weights, string name) =>
        _graph.Tensor(name + ".int8", OnnxType.Int8, [weights.InputSize, weights.OutputSize], () => TransposedWeights.Int8(DenseWeights.Ternary(weights)));

    private string Scale(LinearWeights weights, string name) => _graph.Number(name + ".scale", TransposedWeights.Int8Scale(DenseWeights.Ternary(weights)));
}

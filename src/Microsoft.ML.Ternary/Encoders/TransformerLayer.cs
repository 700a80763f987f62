// One transformer layer: attention and feed-forward, each added to the residual stream. Norms stand after each sum (BERT) or before
// attention and feed-forward (ViT). Either way a norm is computed where a sum is made, while the row is in the cache, so that a
// layer whose norms come first makes the next layer's first norm.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class TransformerLayer
{
    private readonly EncoderConfig _config;
    private readonly AttentionProjections _projections;
    private readonly LinearLayer _attentionOutput;
    private readonly LayerNorm _sumNorm;
    private readonly LinearLayer _intermediate;
    private readonly ActivationFunction _function;
    private readonly LinearLayer _output;
    private readonly LayerNorm _lastNorm;

    /// <summary>Creates a layer.</summary>
    /// <param name="config">The encoder's shape.</param>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="nextNorm">Where norms come first, the one that follows: the next layer's first, or the encoder's last.</param>
    public TransformerLayer(EncoderConfig config, BertLayerWeights weights, LayerNormWeights? nextNorm = null)
    {
        _config = config;
        _projections = new AttentionProjections(weights.Query, weights.Key, weights.Value);
        _attentionOutput = Linears.Create(weights.AttentionOutput);
        _sumNorm = Linears.Create(config.NormFirst ? weights.OutputNorm : weights.AttentionNorm, config);
        _intermediate = Linears.Create(weights.Intermediate);
        _function = Linears.Function(config.Activation);
        _output = Linears.Create(weights.Output);
        _lastNorm = Linears.Create(config.NormFirst ? nextNorm! : weights.OutputNorm, config);
    }

    /// <summary>The forms in which the layer reads what norms made.</summary>
    public ActivationForms HiddenForms => _projections.InputForms | _intermediate.InputForm;

    /// <summary>The form in which the layer reads what attention gathered.</summary>
    public ActivationForms ContextForms => _attentionOutput.InputForm;

    /// <summary>The form in which the layer reads the feed-forward's inner activations.</summary>
    public ActivationForms InnerForms => _output.InputForm;

    /// <summary>Gives the workspace's blocks for queries, keys and values their shapes.</summary>
    public void Prepare(EncoderWorkspace workspace) => _projections.Prepare(workspace);

    /// <summary>Replaces the share's rows of the workspace's residual stream by what this layer makes of them.</summary>
    public void Forward(EncoderWorkspace workspace, EncoderShare share)
    {
        (int first, int rows) = share.Rows(workspace.TokenCount);
        LinearWorkspace linear = share.Workspace.Linear;
        ActivationBlock hidden = workspace.Hidden, next = workspace.Next;
        bool normFirst = _config.NormFirst;
        _projections.Forward(workspace, normFirst ? next : hidden, first, rows, linear);
        share.Meet();
        Attend(workspace, share);
        share.Meet();
        if ((ContextForms & ActivationForms.Int8) != 0)
            workspace.Context.Quantize(first, rows);
        linear.Times?.Add(Stage.Quantize);
        LinearOutput attended = new(next) { Residual = hidden, Sum = normFirst ? hidden : null, Norm = _sumNorm };
        _attentionOutput.Forward(workspace.Context, first, rows, attended, linear);
        _intermediate.Forward(next, first, rows, new LinearOutput(workspace.Inner) { Function = _function }, linear);
        LinearOutput last = normFirst
            ? new(next) { Residual = hidden, Sum = hidden, Norm = _lastNorm }
            : new(hidden) { Residual = next, Norm = _lastNorm };
        _output.Forward(workspace.Inner, first, rows, last, linear);
    }

    // Heads of all sequences are dealt out in turn; a sequence's heads cost the same.
    private void Attend(EncoderWorkspace workspace, EncoderShare share)
    {
        int size = _config.HeadSize, heads = _config.AttentionHeads, hidden = _config.HiddenSize;
        Projections qkv = _projections.Of(workspace);
        Span<float> context = workspace.Context.Values;
        ReadOnlySpan<int> offsets = workspace.Offsets;
        for (int unit = share.Rank; unit < workspace.Count * heads; unit += share.Size)
        {
            int s = unit / heads, column = unit % heads * size;
            int row = offsets[s] * qkv.Stride + column;
            share.Workspace.Attention.ForwardHead(
                qkv.Query[row..], qkv.Key[row..], qkv.Value[row..], qkv.Stride,
                offsets[s + 1] - offsets[s], size, context[(offsets[s] * hidden + column)..], hidden);
        }
        share.Workspace.Times?.Add(Stage.Attention);
    }
}

// One transformer layer: attention and feed-forward, each added to the residual stream and normalised.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class BertLayer
{
    private readonly BertConfig _config;
    private readonly AttentionProjections _projections;
    private readonly LinearLayer _attentionOutput;
    private readonly LayerNorm _attentionNorm;
    private readonly LinearLayer _intermediate;
    private readonly ActivationFunction _function;
    private readonly LinearLayer _output;
    private readonly LayerNorm _outputNorm;

    public BertLayer(BertConfig config, BertLayerWeights weights)
    {
        _config = config;
        _projections = new AttentionProjections(weights.Query, weights.Key, weights.Value);
        _attentionOutput = Linears.Create(weights.AttentionOutput);
        _attentionNorm = Linears.Create(weights.AttentionNorm, config);
        _intermediate = Linears.Create(weights.Intermediate);
        _function = Linears.Function(config.Activation);
        _output = Linears.Create(weights.Output);
        _outputNorm = Linears.Create(weights.OutputNorm, config);
    }

    /// <summary>The forms in which the layer reads the residual stream.</summary>
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
        _projections.Forward(workspace, first, rows, linear);
        share.Meet();
        Attend(workspace, share);
        share.Meet();
        if ((ContextForms & ActivationForms.Int8) != 0)
            workspace.Context.Quantize(first, rows);
        linear.Times?.Add(Stage.Quantize);
        LinearOutput attended = new(workspace.Next) { Residual = workspace.Hidden, Norm = _attentionNorm };
        _attentionOutput.Forward(workspace.Context, first, rows, attended, linear);
        _intermediate.Forward(workspace.Next, first, rows, new LinearOutput(workspace.Inner) { Function = _function }, linear);
        LinearOutput next = new(workspace.Hidden) { Residual = workspace.Next, Norm = _outputNorm };
        _output.Forward(workspace.Inner, first, rows, next, linear);
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

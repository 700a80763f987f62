// One transformer layer: attention and feed-forward, each added to the residual stream and normalised.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class BertLayer
{
    private readonly BertConfig _config;
    private readonly AttentionProjections _projections;
    private readonly LinearLayer _attentionOutput;
    private readonly LayerNormWeights _attentionNorm;
    private readonly LinearLayer _intermediate;
    private readonly LinearLayer _output;
    private readonly LayerNormWeights _outputNorm;

    public BertLayer(BertConfig config, BertLayerWeights weights)
    {
        _config = config;
        _projections = new AttentionProjections(weights.Query, weights.Key, weights.Value);
        _attentionOutput = Linears.Create(weights.AttentionOutput);
        _attentionNorm = weights.AttentionNorm;
        _intermediate = Linears.Create(weights.Intermediate);
        _output = Linears.Create(weights.Output);
        _outputNorm = weights.OutputNorm;
    }

    /// <summary>Replaces the workspace's residual stream by what this layer makes of it.</summary>
    public void Forward(EncoderWorkspace workspace)
    {
        Attend(workspace);
        AddAndNormalize(workspace, _attentionOutput, workspace.Context, _attentionNorm, _config.LayerNormEpsilon);
        workspace.Inner.Resize(workspace.TokenCount, _config.IntermediateSize);
        Span<float> inner = workspace.Inner.Write();
        _intermediate.Forward(workspace.Hidden, inner);
        Activate(inner);
        AddAndNormalize(workspace, _output, workspace.Inner, _outputNorm, _config.LayerNormEpsilon);
    }

    private void Attend(EncoderWorkspace workspace)
    {
        int hidden = _config.HiddenSize;
        workspace.Context.Resize(workspace.TokenCount, hidden);
        Span<float> context = workspace.Context.Write();
        Projections qkv = _projections.Forward(workspace);
        ReadOnlySpan<int> offsets = workspace.Offsets;
        for (int s = 0; s < workspace.Count; s++)
        {
            int row = offsets[s] * qkv.Stride;
            int tokens = offsets[s + 1] - offsets[s];
            workspace.Attention.Forward(
                qkv.Query[row..], qkv.Key[row..], qkv.Value[row..], qkv.Stride,
                tokens, _config.AttentionHeads, _config.HeadSize, context.Slice(offsets[s] * hidden, tokens * hidden));
        }
    }

    private static void AddAndNormalize(EncoderWorkspace workspace, LinearLayer linear, ActivationBlock input, LayerNormWeights norm, float epsilon)
    {
        workspace.Next.Resize(workspace.TokenCount, linear.OutputSize);
        Span<float> next = workspace.Next.Write();
        linear.Forward(input, next);
        Normalization.LayerNorm(next, workspace.Hidden.Values, norm.Gain, norm.Bias, epsilon);
        workspace.Advance();
    }

    private void Activate(Span<float> values)
    {
        switch (_config.Activation)
        {
            case Activation.Gelu:
                Activations.Gelu(values);
                break;
            case Activation.GeluTanh:
                Activations.GeluTanh(values);
                break;
            case Activation.Relu:
                Activations.Relu(values);
                break;
            default:
                throw new NotSupportedException($"The activation {_config.Activation} is not known here.");
        }
    }
}

// What follows the encoder: pooling, dense modules, the cut to fewer components, and L2 normalisation.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class EmbeddingHead
{
    private readonly int _hidden;
    private readonly int _dimension;
    private readonly PoolingModes _pooling;
    private readonly bool _normalize;
    private readonly (LinearLayer Linear, DenseActivation Activation)[] _modules;

    public EmbeddingHead(EmbeddingModel model, int dimension)
    {
        _hidden = model.Config.HiddenSize;
        _dimension = dimension;
        _pooling = model.Pooling;
        _normalize = model.Normalize;
        _modules = [.. model.DenseModules.Select(module => (Linears.Create(module.Linear), module.Activation))];
    }

    /// <summary>Makes one embedding a sequence of the workspace's batch.</summary>
    /// <param name="states">The last hidden states, tokens x hidden.</param>
    /// <param name="workspace">Says where sequences begin, and lends its memory.</param>
    /// <returns>Sequences x dimension, valid until the workspace is used again.</returns>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> states, EncoderWorkspace workspace)
    {
        Pool(states, workspace);
        foreach ((LinearLayer linear, DenseActivation activation) in _modules)
            ApplyModule(linear, activation, workspace);
        int width = workspace.Pooled.Columns;
        ReadOnlySpan<float> pooled = workspace.Pooled.Values;
        Span<float> embeddings = workspace.Embeddings(workspace.Count * _dimension);
        for (int s = 0; s < workspace.Count; s++)
        {
            Span<float> embedding = embeddings.Slice(s * _dimension, _dimension);
            pooled.Slice(s * width, _dimension).CopyTo(embedding);
            if (_normalize)
                Normalization.L2Normalize(embedding);
        }
        return embeddings;
    }

    private void Pool(ReadOnlySpan<float> states, EncoderWorkspace workspace)
    {
        int width = _hidden * _pooling.Count();
        workspace.Pooled.Resize(workspace.Count, width);
        Span<float> pooled = workspace.Pooled.Write();
        ReadOnlySpan<int> offsets = workspace.Offsets;
        for (int s = 0; s < workspace.Count; s++)
            Pooler.Pool(_pooling, states[(offsets[s] * _hidden)..(offsets[s + 1] * _hidden)], _hidden, pooled.Slice(s * width, width));
    }

    private static void ApplyModule(LinearLayer linear, DenseActivation activation, EncoderWorkspace workspace)
    {
        workspace.NextPooled.Resize(workspace.Count, linear.OutputSize);
        Span<float> result = workspace.NextPooled.Write();
        linear.Forward(workspace.Pooled, result);
        Activate(activation, result);
        workspace.AdvancePooled();
    }

    private static void Activate(DenseActivation activation, Span<float> values)
    {
        switch (activation)
        {
            case DenseActivation.Identity:
                break;
            case DenseActivation.Tanh:
                Activations.Tanh(values);
                break;
            case DenseActivation.Relu:
                Activations.Relu(values);
                break;
            case DenseActivation.Gelu:
                Activations.Gelu(values);
                break;
            case DenseActivation.Sigmoid:
                Activations.Sigmoid(values);
                break;
            default:
                throw new NotSupportedException($"The dense module's activation {activation} is not known here.");
        }
    }
}

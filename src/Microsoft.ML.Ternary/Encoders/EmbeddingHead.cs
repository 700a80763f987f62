// What follows the encoder: pooling, dense modules, the cut to fewer components, and L2 normalisation.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class EmbeddingHead
{
    private readonly int _hidden;
    private readonly int _dimension;
    private readonly int _skipped;
    private readonly PoolingModes _pooling;
    private readonly bool _normalize;
    private readonly (LinearLayer Linear, ActivationFunction Function)[] _modules;

    public EmbeddingHead(EncoderModel model, int dimension)
    {
        _hidden = model.Config.HiddenSize;
        _dimension = dimension;
        // Of an image, the mean is that of its patches; of a text, [CLS] and [SEP] count, as in sentence-transformers.
        _skipped = model.Config is VisionConfig vision ? vision.PrefixTokens : 0;
        _pooling = model.Pooling;
        _normalize = model.Normalize;
        _modules = [.. model.DenseModules.Select(module => (Linears.Create(module.Linear), Linears.Function(module.Activation)))];
    }

    /// <summary>Makes one embedding a sequence of the workspace's batch out of its last hidden states.</summary>
    /// <param name="workspace">The batch, run through the encoder; lends its memory.</param>
    /// <param name="states">The last hidden states, tokens x hidden.</param>
    /// <param name="member">The calling thread's memory.</param>
    /// <returns>Sequences x dimension, valid until the workspace is used again.</returns>
    public ReadOnlySpan<float> Forward(EncoderWorkspace workspace, ReadOnlySpan<float> states, MemberWorkspace member)
    {
        Pool(workspace, states);
        foreach ((LinearLayer linear, ActivationFunction function) in _modules)
        {
            workspace.NextPooled.Resize(workspace.Count, linear.OutputSize, ActivationForms.Float32);
            linear.Forward(workspace.Pooled, new LinearOutput(workspace.NextPooled) { Function = function }, member.Linear);
            workspace.AdvancePooled();
        }
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
        member.Times?.Add(Stage.Head);
        return embeddings;
    }

    private void Pool(EncoderWorkspace workspace, ReadOnlySpan<float> states)
    {
        int width = _hidden * _pooling.Count();
        workspace.Pooled.Resize(workspace.Count, width, ActivationForms.Float32);
        Span<float> pooled = workspace.Pooled.Values;
        ReadOnlySpan<int> offsets = workspace.Offsets;
        for (int s = 0; s < workspace.Count; s++)
            Pooler.Pool(_pooling, states[(offsets[s] * _hidden)..(offsets[s + 1] * _hidden)], _hidden, _skipped, pooled.Slice(s * width, width));
    }
}

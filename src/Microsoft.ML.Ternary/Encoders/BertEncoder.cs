// The BERT forward pass on the CPU: embeddings, then transformer layers with their norm after each residual sum
// (Devlin et al., 2019). Every thread of a team runs the same pass over its own rows and meets the others where rows mix, before
// and after attention; a team of one is a batch on one thread.
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Sees the residual stream after the embeddings (0) and after each layer (1 to the number of layers).</summary>
internal delegate void HiddenStateObserver(int layer, ReadOnlySpan<float> states);

internal sealed class BertEncoder
{
    private readonly BertConfig _config;
    private readonly BertWeights _weights;
    private readonly LayerNorm _embeddingNorm;
    private readonly BertLayer[] _layers;
    private readonly ActivationForms _hiddenForms = ActivationForms.Float32;
    private readonly ActivationForms _contextForms = ActivationForms.Float32;
    private readonly ActivationForms _innerForms;

    public BertEncoder(BertConfig config, BertWeights weights)
    {
        _config = config;
        _weights = weights;
        _embeddingNorm = Linears.Create(weights.EmbeddingNorm, config);
        _layers = [.. weights.Layers.Select(layer => new BertLayer(config, layer))];
        foreach (BertLayer layer in _layers)
        {
            _hiddenForms |= layer.HiddenForms;
            _contextForms |= layer.ContextForms;
            _innerForms |= layer.InnerForms;
        }
    }

    /// <summary>Multiply-adds of the linear layers for one token.</summary>
    public double LinearProductsPerToken =>
        (double)_config.LayerCount * _config.HiddenSize * (4.0 * _config.HiddenSize + 2.0 * _config.IntermediateSize);

    /// <summary>Checks what <see cref="Forward"/> relies on.</summary>
    /// <exception cref="ArgumentException">A sequence has more tokens than the model has positions, an id is not in the
    /// vocabulary, or a type is not one of the model's.</exception>
    public static void CheckTokens(BertConfig config, TokenBatch tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            ReadOnlySpan<int> ids = tokens.Sequence(i);
            if (ids.Length > config.MaxPositions)
                throw new ArgumentException($"Sequence {i} has {ids.Length} tokens; the model has {config.MaxPositions} positions. Cut the sequence.", nameof(tokens));
            int wrong = ids.IndexOfAnyExceptInRange(0, config.VocabularySize - 1);
            if (wrong >= 0)
                throw new ArgumentException($"Token {wrong} of sequence {i} has id {ids[wrong]}; the vocabulary has ids 0 to {config.VocabularySize - 1}.", nameof(tokens));
        }
        int wrongType = tokens.Types.IndexOfAnyExceptInRange(0, config.TokenTypes - 1);
        if (wrongType >= 0)
            throw new ArgumentException($"Token {wrongType} of the batch has type {tokens.Types[wrongType]}; the model has types 0 to {config.TokenTypes - 1}.", nameof(tokens));
    }

    /// <summary>Gives the workspace's blocks the shapes of its batch, before any thread begins.</summary>
    public void Prepare(EncoderWorkspace workspace)
    {
        int tokens = workspace.TokenCount;
        workspace.Hidden.Resize(tokens, _config.HiddenSize, _hiddenForms);
        workspace.Next.Resize(tokens, _config.HiddenSize, _hiddenForms);
        workspace.Context.Resize(tokens, _config.HiddenSize, _contextForms);
        workspace.Inner.Resize(tokens, _config.IntermediateSize, _innerForms);
        foreach (BertLayer layer in _layers)
            layer.Prepare(workspace);
    }

    /// <summary>Runs a share of the workspace's batch. When every member of the team is done, the workspace's
    /// <see cref="EncoderWorkspace.Hidden"/> holds the last hidden states.</summary>
    public void Forward(EncoderWorkspace workspace, EncoderShare share, HiddenStateObserver? observer = null)
    {
        share.Workspace.Times?.Start();
        Embed(workspace, share);
        observer?.Invoke(0, workspace.Hidden.Values);
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i].Forward(workspace, share);
            observer?.Invoke(i + 1, workspace.Hidden.Values);
        }
    }

    /// <summary>The residual stream after the embeddings and after each layer, all of one batch's tokens: what tests compare.</summary>
    public float[][] HiddenStates(TokenBatch tokens)
    {
        CheckTokens(_config, tokens);
        EncoderWorkspace workspace = new();
        workspace.Gather(tokens, [.. Enumerable.Range(0, tokens.Count)]);
        float[][] states = new float[_layers.Length + 1][];
        Prepare(workspace);
        Forward(workspace, new EncoderShare(new MemberWorkspace()), (layer, values) => states[layer] = values.ToArray());
        return states;
    }

    private void Embed(EncoderWorkspace workspace, EncoderShare share)
    {
        int hidden = _config.HiddenSize;
        (int first, int rows) = share.Rows(workspace.TokenCount);
        ReadOnlySpan<int> ids = workspace.Ids;
        ReadOnlySpan<int> types = workspace.Types;
        ReadOnlySpan<int> positions = workspace.Positions;
        Span<float> states = workspace.Hidden.Values;
        for (int t = first; t < first + rows; t++)
        {
            Span<float> state = states.Slice(t * hidden, hidden);
            _weights.TokenEmbeddings.CopyRow(ids[t], state);
            TensorPrimitives.Add(state, _weights.TokenTypeEmbeddings.AsSpan(types[t] * hidden, hidden), state);
            TensorPrimitives.Add(state, _weights.PositionEmbeddings.AsSpan(positions[t] * hidden, hidden), state);
        }
        _embeddingNorm.Apply(workspace.Hidden, first, rows);
        share.Workspace.Times?.Add(Stage.Embedding);
    }
}

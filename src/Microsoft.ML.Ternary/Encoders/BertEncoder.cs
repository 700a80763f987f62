// The BERT forward pass on the CPU: embeddings, then transformer layers with their norm after each residual sum
// (Devlin et al., 2019). One batch, one thread; TextEncoder runs several at once.
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
    private readonly BertLayer[] _layers;

    public BertEncoder(BertConfig config, BertWeights weights)
    {
        _config = config;
        _weights = weights;
        _layers = [.. weights.Layers.Select(layer => new BertLayer(config, layer))];
    }

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

    /// <summary>Runs the workspace's batch.</summary>
    /// <returns>The last hidden states, tokens x hidden, valid until the workspace is used again.</returns>
    public ReadOnlySpan<float> Forward(EncoderWorkspace workspace, HiddenStateObserver? observer = null)
    {
        Embed(workspace);
        observer?.Invoke(0, workspace.Hidden.Values);
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i].Forward(workspace);
            observer?.Invoke(i + 1, workspace.Hidden.Values);
        }
        return workspace.Hidden.Values;
    }

    /// <summary>The residual stream after the embeddings and after each layer, all of one batch's tokens: what tests compare.</summary>
    public float[][] HiddenStates(TokenBatch tokens)
    {
        CheckTokens(_config, tokens);
        EncoderWorkspace workspace = new();
        workspace.Gather(tokens, [.. Enumerable.Range(0, tokens.Count)]);
        float[][] states = new float[_layers.Length + 1][];
        Forward(workspace, (layer, values) => states[layer] = values.ToArray());
        return states;
    }

    private void Embed(EncoderWorkspace workspace)
    {
        int hidden = _config.HiddenSize;
        ReadOnlySpan<int> offsets = workspace.Offsets;
        ReadOnlySpan<int> ids = workspace.Ids;
        ReadOnlySpan<int> types = workspace.Types;
        workspace.Hidden.Resize(workspace.TokenCount, hidden);
        Span<float> states = workspace.Hidden.Write();
        for (int s = 0; s < workspace.Count; s++)
        {
            for (int t = offsets[s]; t < offsets[s + 1]; t++)
            {
                Span<float> state = states.Slice(t * hidden, hidden);
                _weights.TokenEmbeddings.CopyRow(ids[t], state);
                TensorPrimitives.Add(state, _weights.TokenTypeEmbeddings.AsSpan(types[t] * hidden, hidden), state);
                TensorPrimitives.Add(state, _weights.PositionEmbeddings.AsSpan((t - offsets[s]) * hidden, hidden), state);
            }
        }
        LayerNormWeights norm = _weights.EmbeddingNorm;
        Normalization.LayerNorm(states, norm.Gain, norm.Bias, _config.LayerNormEpsilon);
    }
}

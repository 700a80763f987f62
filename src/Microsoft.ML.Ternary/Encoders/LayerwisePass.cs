// Runs fixed texts through a model in full precision one transformer layer at a time: calibration looks at what a layer's matrices
// read, changes the layer, and goes on with what the changed layer gives.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>What the linear layers of a transformer layer read, in the order of computation.</summary>
internal enum LinearInput
{
    /// <summary>The residual stream: query, key and value.</summary>
    Hidden,

    /// <summary>What attention gathered: the attention output.</summary>
    Context,

    /// <summary>The residual stream after attention: the feed-forward's first layer.</summary>
    Attended,

    /// <summary>The feed-forward's inner activations: its second layer.</summary>
    Inner,
}

/// <summary>Sees what linear layers read: some tokens, row after row.</summary>
internal delegate void LinearInputObserver(LinearInput input, ReadOnlySpan<float> rows);

/// <summary>The texts on their way through the layers. All layers are in full precision; one thread at a time.</summary>
internal sealed class LayerwisePass
{
    private const int BatchTokens = 2048;

    private readonly BertConfig _config;
    private readonly List<(TokenBatch Tokens, float[] States)> _batches = [];
    private readonly EncoderWorkspace _workspace = new();
    private readonly EncoderShare _share = new(new MemberWorkspace());

    /// <summary>Embeds tokens; the first layer's input is ready.</summary>
    /// <exception cref="ArgumentException">A sequence is too long for the model, or an id is not in its vocabulary.</exception>
    public LayerwisePass(EmbeddingModel model, TokenBatch tokens)
    {
        _config = model.Config;
        TransformerEncoder embeddings = new(model.Config, model.Weights with { Layers = [] });
        BatchPlan plan = new(tokens.Offsets, BatchTokens, threads: 1);
        for (int i = 0; i < plan.Count; i++)
        {
            int[][] sequences = new int[plan.Batch(i).Length][];
            for (int s = 0; s < sequences.Length; s++)
                sequences[s] = tokens.Sequence(plan.Batch(i)[s]).ToArray();
            TokenBatch batch = TokenBatch.FromSequences(sequences);
            _batches.Add((batch, embeddings.HiddenStates(batch)[0]));
        }
    }

    /// <summary>The residual stream of every batch, as the next layer reads it.</summary>
    public IEnumerable<float[]> States => _batches.Select(batch => batch.States);

    /// <summary>Shows what the layer's matrices read; the residual stream stays before the layer.</summary>
    public void Observe(BertLayerWeights weights, LinearInputObserver observer, CancellationToken cancellation)
    {
        TransformerLayer layer = new(_config, weights);
        foreach ((TokenBatch tokens, float[] states) in _batches)
        {
            cancellation.ThrowIfCancellationRequested();
            observer(LinearInput.Hidden, states);
            Run(layer, tokens, states);
            observer(LinearInput.Context, _workspace.Context.Values);
            observer(LinearInput.Attended, _workspace.Next.Values);
            observer(LinearInput.Inner, _workspace.Inner.Values);
        }
    }

    /// <summary>Takes the residual stream through the layer.</summary>
    public void Advance(BertLayerWeights weights, CancellationToken cancellation)
    {
        TransformerLayer layer = new(_config, weights);
        foreach ((TokenBatch tokens, float[] states) in _batches)
        {
            cancellation.ThrowIfCancellationRequested();
            Run(layer, tokens, states);
            _workspace.Hidden.Values.CopyTo(states);
        }
    }

    private void Run(TransformerLayer layer, TokenBatch tokens, float[] states)
    {
        _workspace.Gather(tokens, [.. Enumerable.Range(0, tokens.Count)]);
        int rows = _workspace.TokenCount;
        foreach (ActivationBlock block in new[] { _workspace.Hidden, _workspace.Next, _workspace.Context })
            block.Resize(rows, _config.HiddenSize, ActivationForms.Float32);
        _workspace.Inner.Resize(rows, _config.IntermediateSize, ActivationForms.Float32);
        layer.Prepare(_workspace);
        states.CopyTo(_workspace.Hidden.Values);
        layer.Forward(_workspace, _share);
    }
}

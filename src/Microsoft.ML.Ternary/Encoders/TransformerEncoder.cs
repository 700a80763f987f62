// The forward pass on the CPU: a front makes embeddings of tokens or patches, transformer layers go on from there (BERT: Devlin et
// al., 2019; ViT: Dosovitskiy et al., 2021). Every thread of a team runs the same pass over its own rows and meets the others where
// rows mix, before and after attention; a team of one is a batch on one thread.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Sees the residual stream after the embeddings (0) and after each layer (1 to the number of layers), and what the last
/// norm makes of it where norms come first.</summary>
internal delegate void HiddenStateObserver(int layer, ReadOnlySpan<float> states);

internal sealed class TransformerEncoder
{
    private readonly EncoderConfig _config;
    private readonly EncoderFront _front;
    private readonly LayerNorm? _firstNorm;
    private readonly TransformerLayer[] _layers;
    private readonly ActivationForms _hiddenForms = ActivationForms.Float32;
    private readonly ActivationForms _contextForms = ActivationForms.Float32;
    private readonly ActivationForms _innerForms;

    public TransformerEncoder(BertConfig config, BertWeights weights)
        : this(config, new TokenFront(config, weights), weights.Layers, finalNorm: null)
    {
    }

    public TransformerEncoder(VisionConfig config, VisionWeights weights)
        : this(config, new PatchFront(config, weights), weights.Layers, weights.FinalNorm)
    {
    }

    private TransformerEncoder(EncoderConfig config, EncoderFront front, IReadOnlyList<BertLayerWeights> layers, LayerNormWeights? finalNorm)
    {
        _config = config;
        _front = front;
        LayerNormWeights? NormBefore(int layer) => layer < layers.Count ? layers[layer].AttentionNorm : finalNorm;
        _layers = [.. layers.Select((layer, i) => new TransformerLayer(config, layer, NormBefore(i + 1)))];
        _firstNorm = config.NormFirst ? Linears.Create(NormBefore(0)!, config) : null;
        foreach (TransformerLayer layer in _layers)
        {
            _hiddenForms |= layer.HiddenForms;
            _contextForms |= layer.ContextForms;
            _innerForms |= layer.InnerForms;
        }
    }

    /// <summary>The encoder of a model.</summary>
    public static TransformerEncoder Create(EncoderModel model) => model switch
    {
        EmbeddingModel text => new TransformerEncoder(text.Config, text.Weights),
        ImageEmbeddingModel image => new TransformerEncoder(image.Config, image.Weights),
        _ => throw new NotSupportedException($"Models of type {model.GetType().Name} are not known here."),
    };

    /// <summary>Multiply-adds of the linear layers for one token.</summary>
    public double LinearProductsPerToken =>
        (double)_config.LayerCount * _config.HiddenSize * (4.0 * _config.HiddenSize + 2.0 * _config.IntermediateSize);

    /// <summary>Gives the workspace's blocks the shapes of its batch, before any thread begins.</summary>
    public void Prepare(EncoderWorkspace workspace)
    {
        int tokens = workspace.TokenCount;
        workspace.Hidden.Resize(tokens, _config.HiddenSize, _config.NormFirst ? ActivationForms.Float32 : _hiddenForms);
        workspace.Next.Resize(tokens, _config.HiddenSize, _hiddenForms);
        workspace.Context.Resize(tokens, _config.HiddenSize, _contextForms);
        workspace.Inner.Resize(tokens, _config.IntermediateSize, _innerForms);
        _front.Prepare(workspace);
        foreach (TransformerLayer layer in _layers)
            layer.Prepare(workspace);
    }

    /// <summary>Runs a share of the workspace's batch. When every member of the team is done, <see cref="States"/> are the last hidden
    /// states.</summary>
    public void Forward(EncoderWorkspace workspace, EncoderShare share, HiddenStateObserver? observer = null)
    {
        share.Workspace.Times?.Start();
        _front.Embed(workspace, share);
        (int first, int rows) = share.Rows(workspace.TokenCount);
        _firstNorm?.Apply(workspace.Hidden, workspace.Next, first, rows);
        share.Workspace.Times?.Add(Stage.Embedding);
        observer?.Invoke(0, workspace.Hidden.Values);
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i].Forward(workspace, share);
            observer?.Invoke(i + 1, workspace.Hidden.Values);
        }
        if (_config.NormFirst)
            observer?.Invoke(_layers.Length + 1, workspace.Next.Values);
    }

    /// <summary>Where a workspace's last hidden states are once its batch has run.</summary>
    public ActivationBlock States(EncoderWorkspace workspace) => _config.NormFirst ? workspace.Next : workspace.Hidden;

    /// <summary>The residual stream after the embeddings and after each layer, and where norms come first what the last one makes of it;
    /// all of one batch's tokens: what tests compare.</summary>
    public float[][] HiddenStates(SequenceBatch tokens)
    {
        if (tokens is TokenBatch text)
            TokenFront.Check((BertConfig)_config, text);
        EncoderWorkspace workspace = new();
        workspace.Gather(tokens, [.. Enumerable.Range(0, tokens.Count)]);
        float[][] states = new float[_layers.Length + (_config.NormFirst ? 2 : 1)][];
        Prepare(workspace);
        Forward(workspace, new EncoderShare(new MemberWorkspace()), (layer, values) => states[layer] = values.ToArray());
        return states;
    }
}

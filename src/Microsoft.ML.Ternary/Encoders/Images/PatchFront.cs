// A vision transformer's embeddings: a linear layer over the values of a patch, plus its position's. The learned tokens before the
// patches take part as patches of zeros and are put in their places afterwards, so that rows are rows throughout.
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Embeds patches: a workspace's source is an <see cref="ImageBatch"/>.</summary>
internal sealed class PatchFront(VisionConfig config, VisionWeights weights) : EncoderFront
{
    private readonly LinearLayer _projection = Linears.Create(weights.PatchProjection);
    private readonly PositionGrids _positions = new(config, weights.PositionEmbeddings);
    private readonly LayerNorm? _norm = weights.EmbeddingNorm is null ? null : Linears.Create(weights.EmbeddingNorm, config);

    /// <inheritdoc/>
    public override void Prepare(EncoderWorkspace workspace) =>
        workspace.Patches.Resize(workspace.TokenCount, config.PatchLength, _projection.InputForm);

    /// <inheritdoc/>
    public override void Embed(EncoderWorkspace workspace, EncoderShare share)
    {
        (int first, int rows) = share.Rows(workspace.TokenCount);
        if (rows == 0)
            return;
        Unfold(workspace, first, rows);
        _projection.Forward(workspace.Patches, first, rows, new LinearOutput(workspace.Hidden), share.Workspace.Linear);
        AddPositions(workspace, first, rows);
        _norm?.Apply(workspace.Hidden, first, rows);
    }

    private void Unfold(EncoderWorkspace workspace, int first, int rows)
    {
        ImageBatch images = (ImageBatch)workspace.Source!;
        Span<float> patches = workspace.Patches.Values;
        ReadOnlySpan<int> offsets = workspace.Offsets;
        int s = workspace.SequenceOf(first);
        for (int t = first; t < first + rows; t++)
        {
            if (t == offsets[s + 1])
                s++;
            int image = workspace.Sequences[s];
            int patch = t - offsets[s] - config.PrefixTokens;
            Span<float> row = patches.Slice(t * config.PatchLength, config.PatchLength);
            if (patch < 0)
                row.Clear();
            else
                Unfold(images.Image(image), patch / images.Grid(image).Columns, patch % images.Grid(image).Columns, row);
        }
    }

    private void Unfold(PixelValues image, int patchRow, int patchColumn, Span<float> row)
    {
        int size = config.PatchSize;
        ReadOnlySpan<float> values = image.Values.Span;
        for (int channel = 0; channel < config.Channels; channel++)
        {
            for (int y = 0; y < size; y++)
            {
                int start = (channel * image.Height + patchRow * size + y) * image.Width + patchColumn * size;
                values.Slice(start, size).CopyTo(row[((channel * size + y) * size)..]);
            }
        }
    }

    private void AddPositions(EncoderWorkspace workspace, int first, int rows)
    {
        int hidden = config.HiddenSize;
        ImageBatch images = (ImageBatch)workspace.Source!;
        ReadOnlySpan<int> offsets = workspace.Offsets;
        Span<float> states = workspace.Hidden.Values;
        int s = workspace.SequenceOf(first);
        float[] positions = _positions.Of(images.Grid(workspace.Sequences[s]));
        for (int t = first; t < first + rows; t++)
        {
            if (t == offsets[s + 1])
                positions = _positions.Of(images.Grid(workspace.Sequences[++s]));
            int position = t - offsets[s];
            Span<float> state = states.Slice(t * hidden, hidden);
            if (position < config.PrefixTokens)
                weights.PrefixTokens.AsSpan(position * hidden, hidden).CopyTo(state);
            TensorPrimitives.Add(state, positions.AsSpan(position * hidden, hidden), state);
        }
    }
}

// BERT's embeddings: the sum of a token's, its position's and its type's, normalised.
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Embeds token ids: a workspace's source is a <see cref="TokenBatch"/>.</summary>
internal sealed class TokenFront(BertConfig config, BertWeights weights) : EncoderFront
{
    private readonly LayerNorm _norm = Linears.Create(weights.EmbeddingNorm, config);

    /// <summary>Checks what <see cref="Embed"/> relies on.</summary>
    /// <exception cref="ArgumentException">A sequence has more tokens than the model has positions, an id is not in the
    /// vocabulary, or a type is not one of the model's.</exception>
    public static void Check(BertConfig config, TokenBatch tokens)
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

    /// <inheritdoc/>
    public override void Embed(EncoderWorkspace workspace, EncoderShare share)
    {
        int hidden = config.HiddenSize;
        (int first, int rows) = share.Rows(workspace.TokenCount);
        TokenBatch tokens = (TokenBatch)workspace.Source!;
        ReadOnlySpan<int> ids = tokens.Ids, types = tokens.Types, offsets = workspace.Offsets, starts = tokens.Offsets;
        Span<float> states = workspace.Hidden.Values;
        int s = workspace.SequenceOf(first);
        for (int t = first; t < first + rows; t++)
        {
            if (t == offsets[s + 1])
                s++;
            int position = t - offsets[s];
            int token = starts[workspace.Sequences[s]] + position;
            int type = types.Length == 0 ? 0 : types[token];
            Span<float> state = states.Slice(t * hidden, hidden);
            weights.TokenEmbeddings.CopyRow(ids[token], state);
            TensorPrimitives.Add(state, weights.TokenTypeEmbeddings.AsSpan(type * hidden, hidden), state);
            TensorPrimitives.Add(state, weights.PositionEmbeddings.AsSpan(position * hidden, hidden), state);
        }
        _norm.Apply(workspace.Hidden, first, rows);
    }
}

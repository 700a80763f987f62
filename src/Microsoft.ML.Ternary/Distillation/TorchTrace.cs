// What a forward pass leaves on its way, for losses that look further than the embedding.
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>Queries, keys and values of one layer, batch x heads x length x size of a head.</summary>
internal sealed record AttentionStates(Tensor Query, Tensor Key, Tensor Value);

/// <summary>The states of one forward pass.</summary>
/// <param name="Hidden">Hidden states after each layer, batch x length x hidden.</param>
/// <param name="Attention">Each layer's queries, keys and values; empty where no loss looks at them.</param>
/// <param name="Embedding">Embeddings, batch x dimension.</param>
internal sealed record TorchTrace(IReadOnlyList<Tensor> Hidden, IReadOnlyList<AttentionStates> Attention, Tensor Embedding)
{
    /// <summary>Runs an encoder and its head.</summary>
    /// <param name="bert">The encoder.</param>
    /// <param name="head">What follows it.</param>
    /// <param name="ids">Token ids, batch x length.</param>
    /// <param name="mask">1 for tokens, 0 for padding.</param>
    /// <param name="withAttention">Whether <see cref="Attention"/> is kept.</param>
    public static TorchTrace Of(TorchBert bert, TorchSentenceHead head, Tensor ids, Tensor mask, bool withAttention)
    {
        var hidden = new List<Tensor>();
        var attention = new List<AttentionStates>();
        Tensor last = bert.Forward(ids, mask, hidden.Add, withAttention ? attention.Add : null);
        // The first are the embeddings of the tokens.
        return new TorchTrace([.. hidden.Skip(1)], attention, head.forward(last, mask));
    }
}

// The one batch type of the encoders: sequences one after the other, without padding, and where each begins. What a token is made
// of, an id or a patch of an image, is the business of the kinds of batch and of the encoder's front.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Several sequences of tokens, concatenated, with the offset at which each begins.</summary>
public abstract class SequenceBatch
{
    private readonly ReadOnlyMemory<int> _offsets;

    private protected SequenceBatch(ReadOnlyMemory<int> offsets) => _offsets = offsets;

    /// <summary>Number of sequences.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>Number of tokens in all sequences.</summary>
    public int TokenCount => Offsets[^1];

    /// <summary>Where each sequence begins, and after the last one the number of tokens.</summary>
    public ReadOnlySpan<int> Offsets => _offsets.Span;
}

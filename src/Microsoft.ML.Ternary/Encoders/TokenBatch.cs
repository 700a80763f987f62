// The batch of text: token ids.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Token ids of several sequences, concatenated, with the offset at which each sequence begins.</summary>
/// <remarks>Immutable as long as the memory it was made from is left alone.</remarks>
public sealed class TokenBatch : SequenceBatch
{
    private readonly ReadOnlyMemory<int> _ids;
    private readonly ReadOnlyMemory<int> _types;

    /// <summary>Wraps ids and offsets without copying them.</summary>
    /// <param name="ids">The ids of all sequences, the special tokens included.</param>
    /// <param name="offsets">Sequence i is <c>ids[offsets[i]..offsets[i + 1]]</c>: one offset more than sequences, the first 0,
    /// the last the number of ids.</param>
    /// <param name="types">The token type of each id, as pairs of sentences have them; empty where all are of type 0.</param>
    /// <exception cref="ArgumentException">The offsets do not begin at 0, do not end at the number of ids, a sequence is empty, or
    /// there are not as many types as ids.</exception>
    public TokenBatch(ReadOnlyMemory<int> ids, ReadOnlyMemory<int> offsets, ReadOnlyMemory<int> types = default)
        : base(offsets)
    {
        if (types.Length != 0 && types.Length != ids.Length)
            throw new ArgumentException($"There are {types.Length} token types for {ids.Length} ids.", nameof(types));
        ReadOnlySpan<int> starts = offsets.Span;
        if (starts.Length == 0 || starts[0] != 0 || starts[^1] != ids.Length)
            throw new ArgumentException($"The offsets must begin with 0 and end with the number of ids, {ids.Length}.", nameof(offsets));
        for (int i = 1; i < starts.Length; i++)
        {
            if (starts[i] <= starts[i - 1])
                throw new ArgumentException($"Sequence {i - 1} is empty; a sequence has at least one token.", nameof(offsets));
            MaxLength = Math.Max(MaxLength, starts[i] - starts[i - 1]);
        }
        _ids = ids;
        _types = types;
    }

    /// <summary>Concatenates sequences of token ids.</summary>
    /// <exception cref="ArgumentException">A sequence is null or empty.</exception>
    public static TokenBatch FromSequences(params ReadOnlySpan<int[]> sequences)
    {
        int[] offsets = new int[sequences.Length + 1];
        for (int i = 0; i < sequences.Length; i++)
            offsets[i + 1] = checked(offsets[i] + (sequences[i]?.Length ?? 0));
        int[] ids = new int[offsets[^1]];
        for (int i = 0; i < sequences.Length; i++)
            sequences[i]?.CopyTo(ids, offsets[i]);
        return new TokenBatch(ids, offsets);
    }

    /// <summary>Tokens of the longest sequence; 0 without sequences.</summary>
    public int MaxLength { get; }

    /// <summary>The ids of all sequences.</summary>
    public ReadOnlySpan<int> Ids => _ids.Span;

    /// <summary>The token type of each id; empty where all are of type 0.</summary>
    public ReadOnlySpan<int> Types => _types.Span;

    /// <summary>The ids of sequence <paramref name="index"/>.</summary>
    public ReadOnlySpan<int> Sequence(int index)
    {
        ReadOnlySpan<int> offsets = Offsets;
        return _ids.Span[offsets[index]..offsets[index + 1]];
    }
}

// The memory that one batch needs on its way through the encoder, shared by the threads that run it, and grown to the largest
// batch seen. Nothing in it outlives a batch.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class EncoderWorkspace
{
    private int[] _ids = [];
    private int[] _types = [];
    private int[] _positions = [];
    private int[] _offsets = [0];
    private float[] _embeddings = [];

    /// <summary>Sequences in the batch.</summary>
    public int Count { get; private set; }

    /// <summary>Tokens in the batch.</summary>
    public int TokenCount { get; private set; }

    /// <summary>The batch's token ids, sequence after sequence.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, TokenCount);

    /// <summary>The token type of each id.</summary>
    public ReadOnlySpan<int> Types => _types.AsSpan(0, TokenCount);

    /// <summary>Where each sequence of the batch begins, and after the last one the number of tokens.</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, Count + 1);

    /// <summary>The place of each id in its sequence.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, TokenCount);

    /// <summary>The residual stream, tokens x hidden.</summary>
    public ActivationBlock Hidden { get; } = new(0, 0);

    /// <summary>The residual stream between attention and feed-forward.</summary>
    public ActivationBlock Next { get; } = new(0, 0);

    /// <summary>Queries, keys and values side by side, for layers that project them at once.</summary>
    public ActivationBlock JointProjections { get; } = new(0, 0);

    /// <summary>Queries, keys and values, for layers that project them one by one.</summary>
    public ActivationBlock[] Projections { get; } = [new(0, 0), new(0, 0), new(0, 0)];

    /// <summary>What attention gathered, tokens x hidden.</summary>
    public ActivationBlock Context { get; } = new(0, 0);

    /// <summary>The feed-forward's inner activations, tokens x intermediate.</summary>
    public ActivationBlock Inner { get; } = new(0, 0);

    /// <summary>Pooled vectors and what dense modules make of them, sequences x components.</summary>
    public ActivationBlock Pooled { get; private set; } = new(0, 0);

    /// <summary>Where a dense module writes; see <see cref="AdvancePooled"/>.</summary>
    public ActivationBlock NextPooled { get; private set; } = new(0, 0);

    /// <summary>Room for the batch's embeddings.</summary>
    public Span<float> Embeddings(int length) => Room(ref _embeddings, length);

    /// <summary>Makes <see cref="NextPooled"/> the pooled vectors.</summary>
    public void AdvancePooled() => (Pooled, NextPooled) = (NextPooled, Pooled);

    /// <summary>Makes the given sequences of <paramref name="tokens"/> the batch.</summary>
    public void Gather(TokenBatch tokens, ReadOnlySpan<int> sequences)
    {
        Count = sequences.Length;
        Span<int> offsets = Room(ref _offsets, Count + 1);
        offsets[0] = 0;
        for (int i = 0; i < sequences.Length; i++)
            offsets[i + 1] = offsets[i] + tokens.Sequence(sequences[i]).Length;
        TokenCount = offsets[Count];
        Span<int> ids = Room(ref _ids, TokenCount);
        Span<int> types = Room(ref _types, TokenCount);
        Span<int> positions = Room(ref _positions, TokenCount);
        types.Clear();
        for (int i = 0; i < sequences.Length; i++)
        {
            ReadOnlySpan<int> sequence = tokens.Sequence(sequences[i]);
            sequence.CopyTo(ids[offsets[i]..]);
            for (int t = 0; t < sequence.Length; t++)
                positions[offsets[i] + t] = t;
            if (tokens.Types.Length > 0)
                tokens.Types.Slice(tokens.Offsets[sequences[i]], sequence.Length).CopyTo(types[offsets[i]..]);
        }
    }

    private static Span<T> Room<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            array = GC.AllocateUninitializedArray<T>(length);
        return array.AsSpan(0, length);
    }
}

// The memory that one batch needs on its way through the encoder, shared by the threads that run it, and grown to the largest
// batch seen. Nothing in it outlives a batch.
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class EncoderWorkspace
{
    private int[] _sequences = [];
    private int[] _offsets = [0];
    private float[] _embeddings = [];

    /// <summary>Sequences in the batch.</summary>
    public int Count { get; private set; }

    /// <summary>Tokens in the batch.</summary>
    public int TokenCount { get; private set; }

    /// <summary>What the batch is a part of.</summary>
    public SequenceBatch? Source { get; private set; }

    /// <summary>The batch's sequences, as indices into <see cref="Source"/>.</summary>
    public ReadOnlySpan<int> Sequences => _sequences.AsSpan(0, Count);

    /// <summary>Where each sequence of the batch begins, and after the last one the number of tokens.</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, Count + 1);

    /// <summary>The values of images' patches, tokens x values of a patch.</summary>
    public ActivationBlock Patches { get; } = new(0, 0);

    /// <summary>The residual stream, tokens x hidden.</summary>
    public ActivationBlock Hidden { get; } = new(0, 0);

    /// <summary>The residual stream between attention and feed-forward; where norms come first, what the last norm made of it.</summary>
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

    /// <summary>Makes the given sequences of <paramref name="source"/> the batch.</summary>
    public void Gather(SequenceBatch source, ReadOnlySpan<int> sequences)
    {
        Source = source;
        Count = sequences.Length;
        sequences.CopyTo(Room(ref _sequences, Count));
        Span<int> offsets = Room(ref _offsets, Count + 1);
        offsets[0] = 0;
        for (int i = 0; i < sequences.Length; i++)
            offsets[i + 1] = offsets[i] + source.Offsets[sequences[i] + 1] - source.Offsets[sequences[i]];
        TokenCount = offsets[Count];
    }

    /// <summary>The sequence of the batch that a token belongs to.</summary>
    public int SequenceOf(int token)
    {
        int index = Offsets.BinarySearch(token);
        return index >= 0 ? index : ~index - 1;
    }

    /// <summary>Lets go of what the batch was a part of.</summary>
    public void Release() => Source = null;

    private static Span<T> Room<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            array = GC.AllocateUninitializedArray<T>(length);
        return array.AsSpan(0, length);
    }
}

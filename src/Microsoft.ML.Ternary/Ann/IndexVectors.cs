// The vectors of an index, in the forms in which it keeps them: codes that searches compare, and perhaps finer vectors that the
// best candidates are compared by once more. All are addressed by slot.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Codes, rescoring vectors, ids and deletions. One thread changes them at a time; reading is safe meanwhile.</summary>
internal sealed class IndexVectors(VectorStore codes, VectorStore? rescoring, SlotIds ids, SlotBits deleted)
{
    /// <summary>What searches compare.</summary>
    public VectorStore Codes { get; } = codes;

    /// <summary>What the best candidates are compared by once more, or null.</summary>
    public VectorStore? Rescoring { get; } = rescoring;

    public SlotIds Ids { get; } = ids;

    public SlotBits Deleted { get; } = deleted;

    /// <summary>Slots, deleted ones included.</summary>
    public int Count => Codes.Count;

    /// <summary>The most exact form there is: what links between vectors are chosen by.</summary>
    public VectorStore Finest => Rescoring ?? Codes;

    /// <summary>Encodes vectors as the options say; <paramref name="full"/> becomes part of the result where its form is asked for.</summary>
    public static IndexVectors Encode(VectorStore full, VectorIndexOptions options, CancellationToken cancellation) => new(
        InForm(full, options.Codec, options, cancellation),
        options.RescoringCodec is { } codec ? InForm(full, codec, options, cancellation) : null,
        new SlotIds(full.Count),
        new SlotBits());

    /// <summary>Whether a vector can be kept, in every form.</summary>
    public VectorProblem Check(ReadOnlySpan<float> vector)
    {
        VectorProblem problem = Codes.CheckForStorage(vector);
        return problem == VectorProblem.None && Rescoring is not null ? Rescoring.CheckForStorage(vector) : problem;
    }

    /// <summary>Makes room for <paramref name="count"/> more vectors.</summary>
    /// <exception cref="InvalidOperationException">There are no ids left for so many.</exception>
    public void Reserve(int count)
    {
        Ids.Reserve(count);
        Codes.Reserve(Count + count);
        Rescoring?.Reserve(Count + count);
    }

    /// <summary>Adds vectors, after the first that is wrong has been looked for; the codes come last, because their number tells how
    /// many there are.</summary>
    public void Append(ReadOnlySpan<float> vectors)
    {
        int dimension = Codes.Dimension;
        if (Rescoring is not null)
            AppendTo(Rescoring, vectors, dimension);
        Ids.Append(vectors.Length / dimension);
        AppendTo(Codes, vectors, dimension);
    }

    /// <summary>The vectors of some slots, in the order given, under their ids.</summary>
    public IndexVectors Select(int[] slots)
    {
        int[] ids = new int[slots.Length];
        for (int i = 0; i < slots.Length; i++)
            ids[i] = Ids.Id(slots[i]);
        return new IndexVectors(Codes.Select(slots), Rescoring?.Select(slots), new SlotIds(ids, Ids.Next), new SlotBits());
    }

    /// <summary>The slots that are not deleted, ascending.</summary>
    public int[] LiveSlots()
    {
        int[] live = new int[Count - Deleted.Count];
        int next = 0;
        for (int slot = 0; slot < Count; slot++)
        {
            if (!Deleted.Contains(slot))
                live[next++] = slot;
        }
        return live;
    }

    private static VectorStore InForm(VectorStore full, VectorCodec codec, VectorIndexOptions options, CancellationToken cancellation) =>
        codec == VectorCodec.Float32 ? full : VectorStores.Encode(full, codec, options.Seed, options.ThreadCount, cancellation);

    private static void AppendTo(VectorStore store, ReadOnlySpan<float> vectors, int dimension)
    {
        for (int start = 0; start < vectors.Length; start += dimension)
        {
            VectorProblem problem = store.Append(vectors.Slice(start, dimension));
            if (problem != VectorProblem.None)
                throw new InvalidOperationException($"Vector {start / dimension} {VectorIndex.Describe(problem)}.");
        }
    }
}

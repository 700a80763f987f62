// A candidate that was built of a sample.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>An index with the candidate it came from.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="Options">What was built.</param>
/// <param name="Index">The index.</param>
/// <param name="Seconds">Time that building took.</param>
/// <param name="BytesPerVector">Memory for each vector when there are as many as there are in all.</param>
internal sealed record BuiltCandidate(TunedCandidate Candidate, VectorIndexOptions Options, VectorIndex Index, double Seconds, double BytesPerVector)
{
    /// <summary>Memory for each vector that an index has with all vectors, from one built of a sample: rows and structure grow with the
    /// vectors, what codecs keep besides their rows does not.</summary>
    public static double MemoryOf(VectorIndex index, TunedCandidate candidate, VectorIndexOptions options, int all)
    {
        IndexVectors vectors = index.Structure.Vectors;
        double rows = vectors.Codes.RowBytes + (vectors.Rescoring?.RowBytes ?? 0);
        double besides = Besides(vectors.Codes) + (vectors.Rescoring is { } rescoring ? Besides(rescoring) : 0);
        double ids = index.MemoryBytes - besides - rows * vectors.Count - index.Structure.MemoryBytes;
        return rows + ids / vectors.Count + besides / all + candidate.Kind.StructureBytes(index, options, all) / all;
    }

    private static double Besides(VectorStore store) => store.MemoryBytes - (double)store.RowBytes * store.Count;
}

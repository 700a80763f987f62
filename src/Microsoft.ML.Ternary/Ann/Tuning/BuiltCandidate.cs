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
    /// <summary>Memory for each vector of an index built of a sample, on the assumption that what codecs keep besides their rows
    /// does not grow.</summary>
    public static double MemoryOf(VectorIndex index, int all)
    {
        IndexVectors vectors = index.Structure.Vectors;
        double rows = vectors.Codes.RowBytes + (vectors.Rescoring?.RowBytes ?? 0);
        double besides = Besides(vectors.Codes) + (vectors.Rescoring is { } rescoring ? Besides(rescoring) : 0);
        double structure = index.MemoryBytes - besides - rows * vectors.Count;
        return rows + structure / vectors.Count + besides / all;
    }

    private static double Besides(VectorStore store) => store.MemoryBytes - (double)store.RowBytes * store.Count;
}

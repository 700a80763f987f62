// The parameters of an IVF index, under the names that the field uses for them.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options for building an IVF index.</summary>
public sealed record IvfOptions : VectorIndexOptions
{
    // Training vectors a centroid: more do not move it, as faiss found as well.
    private const int SampleOfEach = 256;

    private const int Most = 1 << 20;

    /// <summary>nlist, the number of lists that vectors are divided into. 0, the default, is about 4 times the square root of the number
    /// of vectors. More than there are vectors are as many as there are vectors.</summary>
    public int NList { get; init; }

    /// <summary>nprobe, the number of lists that a search looks into when it does not say otherwise. Default 16.</summary>
    public int NProbe { get; init; } = 16;

    /// <summary>Iterations of k-means at most. Default 10.</summary>
    public int KMeansIterations { get; init; } = 10;

    /// <summary>Vectors, drawn at random, that k-means learns from, at least one a list. 0, the default, is 256 a list; in either case no
    /// more than there are.</summary>
    public int TrainingSample { get; init; }

    internal override void Validate()
    {
        base.Validate();
        RequireRange(NList, 0, Most, nameof(NList));
        RequireRange(NProbe, 1, Most, nameof(NProbe));
        RequireRange(KMeansIterations, 1, 10_000, nameof(KMeansIterations));
        RequireRange(TrainingSample, 0, int.MaxValue, nameof(TrainingSample));
    }

    /// <summary>Lists for a number of vectors.</summary>
    internal int ListsFor(int vectors) =>
        Math.Clamp(NList > 0 ? NList : (int)Math.Round(4 * Math.Sqrt(vectors)), 1, Math.Min(vectors, Most));

    /// <summary>Vectors that k-means learns from.</summary>
    internal int SampleFor(int vectors, int lists) =>
        (int)Math.Min(vectors, Math.Max(lists, TrainingSample > 0 ? TrainingSample : (long)SampleOfEach * lists));
}

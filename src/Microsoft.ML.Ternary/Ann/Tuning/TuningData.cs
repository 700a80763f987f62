// What the tuner works on: the vectors, the queries, and samples of the vectors that lie inside one another.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>The vectors by sample size, and the queries.</summary>
/// <param name="Samples">Stores of vectors, the smallest first; the last has all of them but the queries.</param>
/// <param name="Queries">The queries, one after the other.</param>
internal sealed record TuningData(IReadOnlyList<VectorStore> Samples, float[] Queries)
{
    private const int MostQueries = 1000;

    // A first look at a quarter of the sample tells which candidates are worth the whole of it.
    private const int FirstLookShare = 4;

    public int Count => Samples[^1].Count;

    /// <summary>Takes queries out of the vectors.</summary>
    public static TuningData HoldOut(VectorStore all, AnnTuningOptions options)
    {
        int queries = options.Queries > 0 ? options.Queries : Math.Clamp(all.Count / 10, 1, MostQueries);
        if (all.Count - queries <= options.K)
            throw new ArgumentException($"{all.Count} vectors are too few: {queries} of them become queries, and more than K = {options.K} must remain. Give more vectors, or queries of your own, or lower Queries or K.", "vectors");
        int[] order = Shuffled(all.Count, options.Seed);
        float[] taken = new float[queries * (long)all.Dimension];
        for (int i = 0; i < queries; i++)
            all.CopyVector(order[i], taken.AsSpan(i * all.Dimension, all.Dimension));
        return new TuningData(Sampled(all, order[queries..], options), taken);
    }

    /// <summary>Takes the queries given.</summary>
    public static TuningData Given(VectorStore all, ReadOnlySpan<float> queries, AnnTuningOptions options)
    {
        if (queries.IsEmpty || queries.Length % all.Dimension != 0)
            throw new ArgumentException($"{queries.Length} components are not one or more whole queries of dimension {all.Dimension}.", nameof(queries));
        for (int start = 0; start < queries.Length; start += all.Dimension)
        {
            VectorProblem problem = VectorStore.Check(queries.Slice(start, all.Dimension), all.Metric);
            if (problem != VectorProblem.None)
                throw new ArgumentException($"Query {start / all.Dimension} {VectorIndex.Describe(problem)}.", nameof(queries));
        }
        if (all.Count <= options.K)
            throw new ArgumentException($"{all.Count} vectors are too few: there must be more than K = {options.K}.", "vectors");
        return new TuningData(Sampled(all, Shuffled(all.Count, options.Seed), options), queries.ToArray());
    }

    private static IReadOnlyList<VectorStore> Sampled(VectorStore all, int[] order, AnnTuningOptions options)
    {
        List<VectorStore> samples = [];
        foreach (int size in new[] { options.SampleLimit / FirstLookShare, options.SampleLimit })
        {
            // A sample not much smaller than what comes next saves little, and one of hardly more than K vectors tells nothing.
            if (size <= order.Length / 2 && size > 10 * options.K)
                samples.Add(all.Select(Ascending(order[..size])));
        }
        samples.Add(order.Length == all.Count ? all : all.Select(Ascending(order)));
        return samples;
    }

    private static int[] Shuffled(int count, int seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new Random(seed).Shuffle(order);
        return order;
    }

    private static int[] Ascending(int[] slots)
    {
        Array.Sort(slots);
        return slots;
    }
}

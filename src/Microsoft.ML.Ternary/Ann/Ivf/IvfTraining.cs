// Where lists come from: centroids by k-means from a sample, every vector assigned to its nearest, and the order that puts the vectors
// of a list together.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Lists of vectors.</summary>
/// <param name="Centroids">A centroid for each list.</param>
/// <param name="Order">The slots, list after list, ascending in each.</param>
/// <param name="Starts">Where each list begins in that order, and how many slots there are.</param>
internal sealed unsafe record IvfTraining(Float32VectorStore Centroids, int[] Order, int[] Starts)
{
    public static IvfTraining Run(
        VectorStore vectors, int[] slots, IvfOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation)
    {
        int lists = options.ListsFor(slots.Length);
        int[] sample = Sample(slots, options.SampleFor(slots.Length, lists), options.Seed);
        BuildPasses passes = new(progress, slots.Length, (long)options.KMeansIterations * sample.Length + slots.Length, cancellation);
        Float32VectorStore centroids = KMeans.Train(vectors, sample, lists, options.KMeansIterations, options.Seed, options.ThreadCount, passes);
        int[] assigned = new int[slots.Length];
        Assigner(centroids).Assign(vectors, slots, assigned, options.ThreadCount, passes);
        int[] starts = Grouping.Starts(assigned, lists);
        return new IvfTraining(centroids, Array.ConvertAll(Grouping.Members(assigned, starts), member => slots[member]), starts);
    }

    public static int[] AllSlots(VectorStore vectors)
    {
        int[] slots = new int[vectors.Count];
        for (int slot = 0; slot < slots.Length; slot++)
            slots[slot] = slot;
        return slots;
    }

    public static NearestCentroids Assigner(Float32VectorStore centroids) => new(
        (float*)centroids.Rows, centroids.RowBytes / sizeof(float), centroids.Count, centroids.Dimension, centroids.Metric != AnnMetric.L2);

    private static int[] Sample(int[] slots, int count, int seed)
    {
        if (count == slots.Length)
            return slots;
        int[] drawn = (int[])slots.Clone();
        Random random = new(seed);
        for (int i = 0; i < count; i++)
        {
            int place = random.Next(i, drawn.Length);
            (drawn[i], drawn[place]) = (drawn[place], drawn[i]);
        }
        // In order: vectors are then read as they lie.
        Array.Resize(ref drawn, count);
        Array.Sort(drawn);
        return drawn;
    }
}

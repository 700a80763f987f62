// k-means (Lloyd, 1982), which places the centroids of an inverted file: begin with vectors drawn at random, assign every vector to
// its nearest centroid, move each centroid to the mean of its vectors, again. A centroid is summed up by one thread over its vectors
// in their order, in double, so the result is the same on any number of threads. A centroid that lost all its vectors takes one from
// the cluster that has most. Under cosine and inner product it is spherical k-means (Dhillon and Modha, 2001): vectors and centroids are
// scaled to norm 1, and the nearest centroid is that with the largest product, as in faiss.
using System.Numerics;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class KMeans
{
    private readonly VectorStore _vectors;
    private readonly int[] _sample;
    private readonly int _clusters;
    private readonly int _threads;
    private readonly BuildPasses _passes;
    private readonly Random _random;
    private readonly AlignedBuffer _centroids;
    private readonly int[] _assigned;

    private KMeans(VectorStore vectors, int[] sample, int clusters, int seed, int threads, BuildPasses passes)
    {
        _vectors = vectors;
        _clusters = clusters;
        _threads = threads;
        _passes = passes;
        _random = new Random(seed);
        _sample = sample;
        _assigned = new int[sample.Length];
        _centroids = new AlignedBuffer((long)clusters * vectors.Dimension * sizeof(float));
    }

    private int Dimension => _vectors.Dimension;

    private bool IsSpherical => IsSphericalUnder(_vectors.Metric);

    /// <summary>Places centroids.</summary>
    /// <param name="vectors">Where the vectors are.</param>
    /// <param name="slots">Those to learn from, at least <paramref name="clusters"/>, all different.</param>
    /// <param name="clusters">How many centroids.</param>
    /// <param name="iterations">Iterations at most: it ends when no vector moves to another centroid.</param>
    /// <param name="seed">Seed of the vectors drawn.</param>
    /// <param name="threads">Threads to use.</param>
    /// <param name="passes">Hears of every vector gone over.</param>
    /// <returns>The centroids, under L2 or, if they are spherical, under inner product.</returns>
    public static Float32VectorStore Train(VectorStore vectors, int[] slots, int clusters, int iterations, int seed, int threads, BuildPasses passes)
    {
        KMeans means = new(vectors, slots, clusters, seed, threads, passes);
        means.Begin();
        for (int i = 0; i < iterations && means.Assign(); i++)
            means.Move();
        return means.ToStore();
    }

    public static bool IsSphericalUnder(AnnMetric metric) => metric != AnnMetric.L2;

    private Span<float> Centroid(int cluster) => new((float*)_centroids.Pointer + (long)cluster * Dimension, Dimension);

    private void Begin()
    {
        int[] drawn = (int[])_sample.Clone();
        for (int cluster = 0; cluster < _clusters; cluster++)
        {
            int place = _random.Next(cluster, drawn.Length);
            (drawn[cluster], drawn[place]) = (drawn[place], drawn[cluster]);
            CopyVector(drawn[cluster], Centroid(cluster));
        }
        Array.Fill(_assigned, -1);
    }

    private bool Assign()
    {
        int[] before = (int[])_assigned.Clone();
        new NearestCentroids((float*)_centroids.Pointer, Dimension, _clusters, Dimension, IsSpherical).Assign(_vectors, _sample, _assigned, _threads, _passes);
        return !before.AsSpan().SequenceEqual(_assigned);
    }

    private void Move()
    {
        int[] starts = Grouping.Starts(_assigned, _clusters);
        int[] members = Grouping.Members(_assigned, starts);
        Blocks.Run(_clusters, _threads, () => (new float[Dimension], new double[Dimension]), (cluster, scratch) =>
            MoveToMean(cluster, members.AsSpan(starts[cluster]..starts[cluster + 1]), scratch.Item1, scratch.Item2));
        SplitLargest(starts, members);
    }

    private void MoveToMean(int cluster, ReadOnlySpan<int> members, float[] vector, double[] sums)
    {
        if (members.IsEmpty)
            return;
        Array.Clear(sums);
        foreach (int member in members)
        {
            CopyVector(_sample[member], vector);
            AddTo(sums, vector);
        }
        // The mean of opposite directions has none: the centroid then stays.
        double scale = IsSpherical ? Norm(sums) : members.Length;
        if (scale == 0)
            return;
        Span<float> centroid = Centroid(cluster);
        for (int i = 0; i < sums.Length; i++)
            centroid[i] = (float)(sums[i] / scale);
    }

    private void SplitLargest(int[] starts, int[] members)
    {
        PriorityQueue<int, (int, int)>? largest = null;
        for (int cluster = 0; cluster < _clusters; cluster++)
        {
            if (starts[cluster + 1] > starts[cluster])
                continue;
            if (largest is null)
            {
                largest = new PriorityQueue<int, (int, int)>();
                for (int other = 0; other < _clusters; other++)
                    largest.Enqueue(other, (starts[other] - starts[other + 1], other));
            }
            largest.TryDequeue(out int split, out (int MinusSize, int) size);
            CopyVector(_sample[members[_random.Next(starts[split], starts[split + 1])]], Centroid(cluster));
            largest.Enqueue(split, (size.MinusSize / 2, split));
        }
    }

    // A vector as it is clustered.
    private void CopyVector(int slot, Span<float> destination)
    {
        _vectors.CopyVector(slot, destination);
        if (!IsSpherical)
            return;
        double squares = 0;
        foreach (float x in destination)
            squares += (double)x * x;
        double scale = squares == 0 ? 1 : 1 / Math.Sqrt(squares);
        for (int i = 0; i < destination.Length; i++)
            destination[i] = (float)(destination[i] * scale);
    }

    private static void AddTo(double[] sums, float[] vector)
    {
        int i = 0;
        for (; i <= vector.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(vector, i), out Vector<double> low, out Vector<double> high);
            (new Vector<double>(sums, i) + low).CopyTo(sums, i);
            (new Vector<double>(sums, i + Vector<double>.Count) + high).CopyTo(sums, i + Vector<double>.Count);
        }
        for (; i < vector.Length; i++)
            sums[i] += vector[i];
    }

    private static double Norm(double[] vector)
    {
        double squares = 0;
        foreach (double x in vector)
            squares += x * x;
        return Math.Sqrt(squares);
    }

    private Float32VectorStore ToStore()
    {
        Float32VectorStore store = new(Dimension, IsSpherical ? AnnMetric.InnerProduct : AnnMetric.L2, _clusters);
        for (int cluster = 0; cluster < _clusters; cluster++)
            store.Append(Centroid(cluster));
        return store;
    }
}

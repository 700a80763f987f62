// Vectors of any number, to show how an index grows. Points spread evenly in 384 dimensions are all equally far from each other,
// which no embedding's are and no index can search; these lie in clusters of few intrinsic dimensions, as embeddings do.
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Ann;

namespace Benchmarks.Ann.Data;

/// <summary>Draws unit vectors from Gaussian clusters: y = W (c + <see cref="Spread"/> z) + noise, scaled to norm 1, where c, one
/// of the clusters' centres, and z are Gaussian in <see cref="IntrinsicDimension"/> dimensions and W is a Gaussian matrix.</summary>
internal static class SyntheticClusters
{
    public const int Dimension = 384, IntrinsicDimension = 32;

    /// <summary>Standard deviation within a cluster; that of the centres is 1.</summary>
    public const float Spread = 0.7f;

    /// <summary>Standard deviation of what is added to each component; the components' own is about 1.</summary>
    public const float Noise = 0.1f;

    private const int Seed = 1, MaxClusters = 100, MaxQueries = 2000, PointsPerCluster = 100, RowsAtOnce = 4096, RowsPerSeed = 64;

    public static AnnDataset Prepare(string name, int count, DatasetContext context)
    {
        int clusters = Math.Min(MaxClusters, count / PointsPerCluster);
        AnnDataset dataset = new(name, AnnMetric.Cosine, Path.Combine(context.Cache, name + "-v1"), string.Create(CultureInfo.InvariantCulture,
            $"{count:N0} x {Dimension} from {clusters:N0} Gaussian clusters of {IntrinsicDimension} intrinsic dimensions, spread {Spread} of the centres', noise {Noise}"));
        if (!dataset.IsPrepared)
        {
            Model model = new(clusters);
            Write(dataset.BasePath, model, count, firstSeed: 0, context.Cancellation);
            Write(dataset.QueriesPath, model, Math.Min(MaxQueries, count / 10), firstSeed: int.MaxValue / 2, context.Cancellation);
        }
        return dataset;
    }

    private static void Write(string path, Model model, int count, int firstSeed, CancellationToken cancellation) => NpyFile.Write(path, NpyFile.Float32, count, Dimension, file =>
    {
        float[] block = new float[RowsAtOnce * Dimension];
        for (int first = 0; first < count; first += RowsAtOnce)
        {
            int rows = Math.Min(RowsAtOnce, count - first);
            int start = firstSeed + first / RowsPerSeed;
            Parallel.For(0, (rows + RowsPerSeed - 1) / RowsPerSeed, new ParallelOptions { CancellationToken = cancellation }, part =>
                model.Draw(start + part, block.AsSpan(part * RowsPerSeed * Dimension, Math.Min(RowsPerSeed, rows - part * RowsPerSeed) * Dimension)));
            file.Write(MemoryMarshal.AsBytes(block.AsSpan(0, rows * Dimension)));
        }
    });

    private sealed class Model
    {
        private readonly float[] _centres, _projection;
        private readonly int _clusters;

        public Model(int clusters)
        {
            Gaussian gaussian = new(Seed);
            _clusters = clusters;
            _centres = new float[clusters * IntrinsicDimension];
            _projection = new float[Dimension * IntrinsicDimension];
            gaussian.Fill(_centres);
            gaussian.Fill(_projection);
            TensorPrimitives.Divide(_projection, MathF.Sqrt(IntrinsicDimension), _projection);
        }

        // Rows depend on their seed alone, so that any number of threads draws the same ones.
        public void Draw(int seed, Span<float> rows)
        {
            Gaussian gaussian = new(HashCode(seed));
            Span<float> latent = stackalloc float[IntrinsicDimension];
            for (int start = 0; start < rows.Length; start += Dimension)
            {
                Span<float> row = rows.Slice(start, Dimension);
                int cluster = gaussian.Random.Next(_clusters);
                gaussian.Fill(latent);
                TensorPrimitives.MultiplyAdd(latent, Spread, _centres.AsSpan(cluster * IntrinsicDimension, IntrinsicDimension), latent);
                gaussian.Fill(row);
                for (int i = 0; i < Dimension; i++)
                    row[i] = Noise * row[i] + TensorPrimitives.Dot(latent, _projection.AsSpan(i * IntrinsicDimension, IntrinsicDimension));
                TensorPrimitives.Divide(row, TensorPrimitives.Norm(row), row);
            }
        }

        // Neighbouring seeds give alike first numbers: mix them (the finaliser of MurmurHash3).
        private static int HashCode(int seed)
        {
            uint h = (uint)seed + 0x9E3779B9;
            h = (h ^ (h >> 16)) * 0x85EBCA6B;
            h = (h ^ (h >> 13)) * 0xC2B2AE35;
            return (int)(h ^ (h >> 16));
        }
    }

    // Pairs by the Box-Muller transform.
    private sealed class Gaussian(int seed)
    {
        public Random Random { get; } = new(seed);

        public void Fill(Span<float> values)
        {
            for (int i = 0; i < values.Length; i += 2)
            {
                float radius = MathF.Sqrt(-2 * MathF.Log(1 - Random.NextSingle()));
                (float sin, float cos) = MathF.SinCos(2 * MathF.PI * Random.NextSingle());
                values[i] = radius * cos;
                if (i + 1 < values.Length)
                    values[i + 1] = radius * sin;
            }
        }
    }
}

// The hash functions: which side of a hyperplane a vector is on (Charikar, 2002, doi:10.1145/509907.509965). The planes go through the
// mean of the vectors, or data such as pixels, whose components are all positive, would lie on one side of most. Their normals are
// random directions; those of a table are at right angles as far as there is room (Ji et al., 2012, "Super-bit
// locality-sensitive hashing"), so that no two bits say the same.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Ann;

internal sealed unsafe class Hyperplanes
{
    private const int RowsAtOnce = 64;

    // Vectors the mean is taken from, at most.
    private const int SampleSize = 1 << 16;

    private readonly AlignedBuffer _panels;
    private readonly AlignedBuffer _starts;

    /// <summary>Takes hyperplanes as they were drawn.</summary>
    /// <param name="normals">A normal a plane, table after table, under inner product.</param>
    /// <param name="offsets">For each the product with the mean of the vectors.</param>
    /// <param name="norm">The norm that queries are scaled to, or 0 for none: where their length says nothing of their neighbours.</param>
    /// <param name="bits">Planes a table.</param>
    public Hyperplanes(Float32VectorStore normals, float[] offsets, float norm, int bits)
    {
        Normals = normals;
        Offsets = offsets;
        Norm = norm;
        Bits = bits;
        int padded = FloatGemm.PaddedColumns(offsets.Length);
        _panels = new AlignedBuffer((long)padded * normals.Dimension * sizeof(float));
        _starts = new AlignedBuffer((long)padded * sizeof(float), clear: true);
        FloatGemm.PackTransposed((float*)normals.Rows, normals.RowBytes / sizeof(float), offsets.Length, normals.Dimension, 1, (float*)_panels.Pointer);
        for (int i = 0; i < offsets.Length; i++)
            ((float*)_starts.Pointer)[i] = -offsets[i];
    }

    public Float32VectorStore Normals { get; }

    public float[] Offsets { get; }

    public float Norm { get; }

    public int Bits { get; }

    public int Tables => Offsets.Length / Bits;

    public long MemoryBytes => Normals.MemoryBytes + _panels.Length + _starts.Length + Offsets.Length * (long)sizeof(float);

    /// <summary>Draws hyperplanes for vectors.</summary>
    public static Hyperplanes Draw(VectorStore vectors, int tables, int bits, int seed)
    {
        int dimension = vectors.Dimension;
        Random random = new(seed);
        Float32VectorStore normals = new(dimension, AnnMetric.InnerProduct, tables * bits);
        (double[] mean, double norm) = Mean(vectors);
        float[] offsets = new float[tables * bits];
        for (int table = 0; table < tables; table++)
        {
            List<double[]> orthogonal = [];
            for (int bit = 0; bit < bits; bit++)
            {
                if (orthogonal.Count == dimension)
                    orthogonal.Clear();
                double[] normal = DrawDirection(random, dimension, orthogonal);
                orthogonal.Add(normal);
                normals.Append(Array.ConvertAll(normal, x => (float)x));
                offsets[table * bits + bit] = (float)Product(normal, mean);
            }
        }
        return new Hyperplanes(normals, offsets, vectors.Metric == AnnMetric.L2 ? 0 : (float)norm, bits);
    }

    /// <summary>Hashes vectors.</summary>
    /// <param name="vectors">Where they are.</param>
    /// <param name="first">The first slot; all from there on are hashed.</param>
    /// <param name="codes">Receives for each table the hash of each vector.</param>
    /// <param name="threads">Threads to use; the result does not depend on it.</param>
    /// <param name="passes">Hears how many are done.</param>
    public void Hash(VectorStore vectors, int first, int[][] codes, int threads, BuildPasses passes)
    {
        int count = codes[0].Length;
        Blocks.Run((count + RowsAtOnce - 1) / RowsAtOnce, threads, () => new Scratch(vectors.Dimension, Offsets.Length), (block, scratch) =>
        {
            int start = block * RowsAtOnce, some = Math.Min(RowsAtOnce, count - start);
            HashBlock(vectors, first, start, some, codes, scratch);
            passes.Add(some);
        });
    }

    private void HashBlock(VectorStore vectors, int first, int start, int count, int[][] codes, Scratch scratch)
    {
        int dimension = vectors.Dimension, planes = Offsets.Length;
        float* rows = (float*)scratch.Rows.Pointer, margins = (float*)scratch.Margins.Pointer;
        for (int i = 0; i < count; i++)
            vectors.CopyVector(first + start + i, new Span<float>(rows + (long)i * dimension, dimension));
        FloatGemm.Multiply(rows, dimension, count, dimension, (float*)_panels.Pointer, planes, (float*)_starts.Pointer, margins, planes);
        for (int i = 0; i < count; i++)
        {
            for (int table = 0; table < codes.Length; table++)
                codes[table][start + i] = Code(new ReadOnlySpan<float>(margins + (long)i * planes + table * Bits, Bits));
        }
        GC.KeepAlive(this);
        GC.KeepAlive(scratch);
    }

    /// <summary>The hash: a bit for each positive margin.</summary>
    public static int Code(ReadOnlySpan<float> margins)
    {
        int code = 0;
        for (int bit = 0; bit < margins.Length; bit++)
            code |= margins[bit] > 0 ? 1 << bit : 0;
        return code;
    }

    // The mean of the vectors, and the mean of their norms.
    private static (double[] Mean, double Norm) Mean(VectorStore vectors)
    {
        int count = Math.Min(vectors.Count, SampleSize);
        double[] mean = new double[vectors.Dimension];
        double norm = 0;
        float[] vector = new float[vectors.Dimension];
        for (int i = 0; i < count; i++)
        {
            vectors.CopyVector((int)((long)i * vectors.Count / count), vector);
            double squares = 0;
            for (int j = 0; j < vector.Length; j++)
            {
                mean[j] += (double)vector[j] / count;
                squares += (double)vector[j] * vector[j];
            }
            norm += Math.Sqrt(squares) / count;
        }
        return (mean, norm);
    }

    // A normally distributed vector has a uniformly distributed direction. What it has in common with the others is taken away.
    private static double[] DrawDirection(Random random, int dimension, List<double[]> orthogonal)
    {
        double[] direction = new double[dimension];
        for (int i = 0; i < dimension; i++)
            direction[i] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        foreach (double[] other in orthogonal)
        {
            double common = Product(direction, other);
            for (int i = 0; i < dimension; i++)
                direction[i] -= common * other[i];
        }
        double norm = Math.Sqrt(Product(direction, direction));
        return norm == 0 ? DrawDirection(random, dimension, orthogonal) : Array.ConvertAll(direction, x => x / norm);
    }

    private static double Product(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private sealed class Scratch(int dimension, int planes)
    {
        public AlignedBuffer Rows { get; } = new((long)RowsAtOnce * dimension * sizeof(float));

        public AlignedBuffer Margins { get; } = new((long)RowsAtOnce * planes * sizeof(float));
    }
}

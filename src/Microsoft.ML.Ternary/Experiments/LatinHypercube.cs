// Where in the space candidates are drawn. Few draws at random leave gaps and repeat themselves: of nine trials none may have two
// digits. A Latin hypercube draws each setting once from each of as many equal parts of its range as there are trials.
namespace Microsoft.ML.Ternary.Experiments;

/// <summary>Points of the unit cube, without end: each block of <paramref name="strata"/> points is a Latin hypercube (McKay, Beckman
/// and Conover 1979). The same seed gives the same points.</summary>
internal sealed class LatinHypercube(int strata, int dimensions, int seed)
{
    private int _block = -1;
    private double[][] _points = [];

    /// <summary>Point <paramref name="index"/>, from 0: numbers from 0 to below 1.</summary>
    public double[] At(int index)
    {
        int block = index / strata;
        if (block != _block)
            (_block, _points) = (block, Block(block));
        return _points[index % strata];
    }

    private double[][] Block(int block)
    {
        Random random = new(unchecked(seed * 1_000_003 + block));
        double[][] points = [.. Enumerable.Range(0, strata).Select(_ => new double[dimensions])];
        int[] parts = [.. Enumerable.Range(0, strata)];
        for (int dimension = 0; dimension < dimensions; dimension++)
        {
            random.Shuffle(parts);
            for (int i = 0; i < strata; i++)
                points[i][dimension] = Math.Min((parts[i] + random.NextDouble()) / strata, Math.BitDecrement(1.0));
        }
        return points;
    }
}

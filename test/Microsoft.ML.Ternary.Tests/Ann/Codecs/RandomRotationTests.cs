// A rotation is orthogonal, whatever the dimension; and the transform inside it gives the same bits in registers of every width.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Codecs;

public sealed unsafe class RandomRotationTests
{
    [Fact]
    public void TheTransformIsRightOnAnExampleByHand()
    {
        float[] x = [1, 2, 3, 5];
        fixed (float* start = x)
            HadamardTransform.Apply<HadamardScalar>(start, 4);
        Assert.Equal([1 + 2 + 3 + 5, 1 - 2 + 3 - 5, 1 + 2 - 3 - 5, 1 - 2 - 3 + 5], x);
    }

    [Property(MaxTest = 30)]
    public void TheTransformGivesTheSameBitsInRegistersOfEveryWidth(byte size, int seed)
    {
        int length = 16 << (size % 8);
        float[] vector = TestVectors.Clustered(1, length, 1, seed), wide = [.. vector], widest = [.. vector];
        fixed (float* scalar = vector, registers256 = wide, registers512 = widest)
        {
            HadamardTransform.Apply<HadamardScalar>(scalar, length);
            HadamardTransform.Apply<Hadamard256>(registers256, length);
            HadamardTransform.Apply<Hadamard512>(registers512, length);
        }
        Assert.Equal(vector, wide);
        Assert.Equal(vector, widest);
    }

    [Property(MaxTest = 60)]
    public void RotatingKeepsNormsAndProductsAndCanBeUndone(ushort size, int seed)
    {
        int dimension = 1 + size % 1100;
        RandomRotation rotation = new(dimension, seed);
        float[] vectors = TestVectors.Clustered(2, dimension, 2, seed);
        float[] a = Padded(vectors[..dimension]), b = Padded(vectors[dimension..]), rotatedA = [.. a], rotatedB = [.. b];
        fixed (float* x = rotatedA, y = rotatedB)
        {
            rotation.Apply(x);
            rotation.Apply(y);
            double tolerance = 1e-5 * Math.Sqrt(Product(a, a) * Product(b, b));
            Assert.Equal(Product(a, b), Product(rotatedA, rotatedB), tolerance);
            Assert.Equal(1, Math.Sqrt(Product(rotatedA, rotatedA) / Product(a, a)), 1e-5);
            Assert.All(rotatedA[dimension..], zero => Assert.Equal(0, zero));
            rotation.Undo(x);
        }
        Assert.Equal(a, rotatedA, (expected, actual) => Math.Abs(expected - actual) < 1e-5 * Math.Sqrt(Product(a, a)));
    }

    // A single component must be spread over all others, in every part of the vector: also where the windows hardly overlap.
    [Theory]
    [InlineData(96)]
    [InlineData(100)]
    [InlineData(511)]
    [InlineData(784)]
    [InlineData(1000)]
    public void OneComponentIsSpreadOverTheWholeVector(int dimension)
    {
        RandomRotation rotation = new(dimension, 3);
        foreach (int at in (int[])[0, dimension / 2, dimension - 1])
        {
            float[] x = Padded(new float[dimension]);
            x[at] = 1;
            fixed (float* start = x)
                rotation.Apply(start);
            Assert.True(x.Max(Math.Abs) < 6 / Math.Sqrt(dimension));
            foreach (int quarter in (int[])[0, 1, 2, 3])
                Assert.InRange(x.Skip(quarter * dimension / 4).Take(dimension / 4).Sum(v => v * v), 0.08, 0.5);
        }
    }

    [Fact]
    public void SeedsGiveDifferentRotationsAndTheSameSeedTheSame()
    {
        float[] first = Rotated(1), same = Rotated(1), other = Rotated(2);
        Assert.Equal(first, same);
        Assert.NotEqual(first, other);
    }

    private static float[] Rotated(int seed)
    {
        float[] x = Padded(TestVectors.Clustered(1, 100, 1, 5));
        fixed (float* start = x)
            new RandomRotation(100, seed).Apply(start);
        return x;
    }

    private static float[] Padded(float[] vector)
    {
        Array.Resize(ref vector, (vector.Length + 31) / 32 * 32);
        return vector;
    }

    private static double Product(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}

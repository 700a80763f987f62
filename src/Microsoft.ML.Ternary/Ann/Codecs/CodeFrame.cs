// The coordinates that codes are taken in: counted from the mean of the vectors, because what all share says nothing about which are
// near, and turned at random, so that no component holds more than the others. Chosen once, from the first vectors, and saved.
using System.Buffers.Binary;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A mean and a random rotation.</summary>
internal sealed unsafe class CodeFrame
{
    // More vectors do not make a mean that matters more exact.
    private const int MostTraining = 1 << 14;

    // Of the parameters' layout and of what a seed means.
    private const uint Version = 1;
    private const int HeaderBytes = 8;

    private readonly AlignedBuffer _memory;
    private readonly int _dimension;
    private readonly int _seed;

    private CodeFrame(ReadOnlySpan<float> mean, int seed, int length)
    {
        _dimension = mean.Length;
        _seed = seed;
        Rotation = new RandomRotation(mean.Length, seed);
        _memory = new AlignedBuffer(2L * length * sizeof(float), clear: true);
        Mean = (float*)_memory.Pointer;
        RotatedMean = Mean + length;
        mean.CopyTo(new Span<float>(Mean, length));
        mean.CopyTo(new Span<float>(RotatedMean, length));
        Rotation.Apply(RotatedMean);
    }

    public RandomRotation Rotation { get; }

    /// <summary>The mean, followed by zeros.</summary>
    public float* Mean { get; }

    /// <summary>The mean, rotated, followed by zeros.</summary>
    public float* RotatedMean { get; }

    /// <summary>A frame for vectors like those of a store, or, without one, around zero.</summary>
    /// <param name="training">The vectors, or null.</param>
    /// <param name="dimension">Their components.</param>
    /// <param name="seed">Seed of the rotation.</param>
    /// <param name="length">Length of vectors in memory, zeros included.</param>
    public static CodeFrame Train(VectorStore? training, int dimension, int seed, int length)
    {
        float[] mean = new float[dimension];
        int count = training?.Count ?? 0, step = Math.Max(1, count / MostTraining), used = 0;
        double[] sums = new double[dimension];
        for (int id = 0; id < count; id += step)
        {
            training!.CopyVector(id, mean);
            used++;
            for (int i = 0; i < mean.Length; i++)
                sums[i] += mean[i];
        }
        for (int i = 0; i < mean.Length; i++)
            mean[i] = used == 0 ? 0 : (float)(sums[i] / used);
        return new CodeFrame(mean, seed, length);
    }

    /// <summary>The frame that <see cref="ToBytes"/> wrote down.</summary>
    /// <exception cref="InvalidDataException">The bytes are something else.</exception>
    public static CodeFrame FromBytes(ReadOnlySpan<byte> bytes, int dimension, int length)
    {
        if (bytes.Length != HeaderBytes + dimension * sizeof(float))
            throw new InvalidDataException($"The codec's parameters have {bytes.Length} bytes, expected {HeaderBytes + dimension * sizeof(float)}.");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (version != Version)
            throw new InvalidDataException($"The codec's parameters have version {version}; this version of Microsoft.ML.Ternary reads {Version}.");
        float[] mean = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            mean[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(HeaderBytes + i * sizeof(float))..]);
            if (!float.IsFinite(mean[i]))
                throw new InvalidDataException($"The codec's parameters hold the mean {mean[i]} for component {i}.");
        }
        return new CodeFrame(mean, BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), length);
    }

    /// <summary>Version, seed and mean, little-endian.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[HeaderBytes + _dimension * sizeof(float)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), _seed);
        for (int i = 0; i < _dimension; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(HeaderBytes + i * sizeof(float)), Mean[i]);
        return bytes;
    }
}

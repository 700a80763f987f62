// Real vectors keep what they know in a few components; codes of a bit or two per component want it spread evenly. A random
// rotation does that to any data, and keeps all distances. This one is a product of sparse factors (signs, Walsh-Hadamard
// transforms, butterflies), which costs microseconds where a dense matrix costs a hundred times as much.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A random orthogonal map of vectors of one dimension, a function of the seed.</summary>
/// <remarks>Four rounds, each of them random signs and a Walsh-Hadamard transform of a window: the largest power of two that fits, in
/// turn at the front and at the back. Where it is not the whole vector, a butterfly between the vector's halves follows each second
/// round: the windows' overlap may be small and then hardly mixes front and back. All in the same order of float32 operations on every
/// processor.</remarks>
internal sealed unsafe class RandomRotation
{
    private const int Rounds = 4;

    private readonly int _dimension;
    private readonly int _padded;
    private readonly int _window;
    private readonly AlignedBuffer _signs;

    public RandomRotation(int dimension, int seed)
    {
        _dimension = dimension;
        _padded = (dimension + 15) / 16 * 16;
        _window = (int)(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)dimension + 1) / 2);
        _signs = new AlignedBuffer((long)Rounds * _padded * sizeof(float), clear: true);
        float inWindow = (float)(1 / Math.Sqrt(_window));
        ulong state = (uint)seed;
        for (int round = 0; round < Rounds; round++)
        {
            float* signs = Signs(round);
            int start = WindowStart(round);
            for (int i = 0; i < dimension; i++)
            {
                float scale = i >= start && i < start + _window ? inWindow : 1;
                signs[i] = (long)Next(ref state) < 0 ? -scale : scale;
            }
        }
    }

    /// <summary>Rotates a vector in place. It has room for a multiple of 16 components, zeros after the last.</summary>
    public void Apply(float* x)
    {
        for (int round = 0; round < Rounds; round++)
        {
            Multiply(x, Signs(round));
            HadamardTransform.Apply(x + WindowStart(round), _window);
            if (HasButterfly(round))
                Butterfly(x);
        }
        GC.KeepAlive(_signs);
    }

    /// <summary>Undoes <see cref="Apply"/>: each factor is its own inverse.</summary>
    public void Undo(float* x)
    {
        for (int round = Rounds - 1; round >= 0; round--)
        {
            if (HasButterfly(round))
                Butterfly(x);
            HadamardTransform.Apply(x + WindowStart(round), _window);
            Multiply(x, Signs(round));
        }
        GC.KeepAlive(_signs);
    }

    // The transform's factor 1/√n is part of the signs of the components that it mixes.
    private float* Signs(int round) => (float*)_signs.Pointer + (long)round * _padded;

    private int WindowStart(int round) => round % 2 == 0 ? 0 : _dimension - _window;

    private bool HasButterfly(int round) => _window < _dimension && round % 2 == 1;

    private void Multiply(float* x, float* signs)
    {
        for (int i = 0; i < _padded; i += 8)
            (Vector256.Load(x + i) * Vector256.Load(signs + i)).Store(x + i);
    }

    private void Butterfly(float* x)
    {
        const float Scale = 0.70710678118654752f;
        int half = _dimension / 2;
        float* y = x + _dimension - half;
        int i = 0;
        for (; i <= half - 8; i += 8)
        {
            Vector256<float> a = Vector256.Load(x + i), b = Vector256.Load(y + i);
            ((a + b) * Scale).Store(x + i);
            ((a - b) * Scale).Store(y + i);
        }
        for (; i < half; i++)
            (x[i], y[i]) = ((x[i] + y[i]) * Scale, (x[i] - y[i]) * Scale);
    }

    // SplitMix64 (Steele, Lea and Flood, 2014).
    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

// What differs between the coded stores: how a rotated vector becomes codes, and what a code stands for. All else is
// QuantizedVectorStore.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A kind of code. Codes are whole numbers; in memory they lie in bytes or parts of them, unsigned.</summary>
internal unsafe interface ICodeFormat
{
    static abstract VectorCodec Codec { get; }

    /// <summary>Codes to a byte.</summary>
    static abstract int Fields { get; }

    /// <summary>Rounds a vector to codes, a byte each.</summary>
    /// <param name="x">The vector, rotated.</param>
    /// <param name="dimension">Its components.</param>
    /// <param name="length">Its length with the zeros that follow, a multiple of 32; as many codes are written.</param>
    /// <param name="squaredNorm">|x|², not 0.</param>
    /// <param name="codes">Receives the codes as they are kept.</param>
    /// <returns>The scale s for which s (q . codes) estimates q . x.</returns>
    static abstract float Encode(float* x, int dimension, int length, float squaredNorm, byte* codes);

    /// <summary>The number that a code stands for.</summary>
    static abstract int Value(byte code);

    /// <summary>The sum of products of a query and a row's codes.</summary>
    static abstract int Product(sbyte* query, byte* row, int bytes, int sum);
}

/// <summary>-127 to 127, kept as code + 128: x / s to the nearest integer, s = max|x| / 127.</summary>
internal readonly unsafe struct Int8Code : ICodeFormat
{
    public static VectorCodec Codec => VectorCodec.Int8;

    public static int Fields => 1;

    public static float Encode(float* x, int dimension, int length, float squaredNorm, byte* codes)
    {
        float scale = VectorArithmetic.RoundToInt8(x, length, (sbyte*)codes, out _);
        for (int i = 0; i < length; i += 32)
            (Vector256.Load(codes + i) ^ Vector256.Create((byte)128)).Store(codes + i);
        return scale;
    }

    public static int Value(byte code) => code - 128;

    public static int Product(sbyte* query, byte* row, int bytes, int sum) => CodeProducts.Int8(query, row, bytes, sum);
}

/// <summary>-1, 0, 1, kept as code + 1: the sign, or 0 below a threshold.</summary>
internal readonly unsafe struct TernaryCode : ICodeFormat
{
    // In root mean squares. For a Gaussian, which a rotated component resembles, no other threshold leaves a smaller angle between
    // vector and codes: the cosine is 0.90 (0.80 without zeros).
    private const double Threshold = 0.612;

    public static VectorCodec Codec => VectorCodec.Ternary;

    public static int Fields => 4;

    public static float Encode(float* x, int dimension, int length, float squaredNorm, byte* codes)
    {
        Vector256<float> threshold = Vector256.Create((float)(Threshold * Math.Sqrt(squaredNorm / dimension)));
        Vector256<float> product = default;
        for (int i = 0; i < length; i += 32)
        {
            Vector256<int> a = Step(x + i, threshold, ref product), b = Step(x + i + 8, threshold, ref product);
            Vector256<int> c = Step(x + i + 16, threshold, ref product), d = Step(x + i + 24, threshold, ref product);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).AsByte().Store(codes + i);
        }
        // Unbiased, as in RaBitQ (Gao and Long, arXiv:2405.12497): the error of the codes is at right angles to the vector, in a
        // direction that the rotation has made random.
        return squaredNorm / VectorArithmetic.Sum(product);
    }

    public static int Value(byte code) => code - 1;

    public static int Product(sbyte* query, byte* row, int bytes, int sum) => CodeProducts.Ternary(query, row, bytes, sum);

    // Comparisons give -1 where they hold.
    private static Vector256<int> Step(float* x, Vector256<float> threshold, ref Vector256<float> product)
    {
        Vector256<float> value = Vector256.Load(x);
        Vector256<float> above = Vector256.GreaterThan(value, threshold), below = Vector256.LessThan(value, -threshold);
        product += Vector256.Abs(value) & (above | below);
        return below.AsInt32() - above.AsInt32() + Vector256<int>.One;
    }
}

/// <summary>-1, 1, kept as 0 and 1: the sign.</summary>
internal readonly unsafe struct BinaryCode : ICodeFormat
{
    public static VectorCodec Codec => VectorCodec.Binary;

    public static int Fields => 8;

    public static float Encode(float* x, int dimension, int length, float squaredNorm, byte* codes)
    {
        Vector256<float> product = default;
        for (int i = 0; i < length; i += 32)
        {
            Vector256<int> a = Step(x + i, ref product), b = Step(x + i + 8, ref product);
            Vector256<int> c = Step(x + i + 16, ref product), d = Step(x + i + 24, ref product);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).AsByte().Store(codes + i);
        }
        return squaredNorm / VectorArithmetic.Sum(product);
    }

    public static int Value(byte code) => 2 * code - 1;

    public static int Product(sbyte* query, byte* row, int bytes, int sum) => CodeProducts.Binary(query, row, bytes, sum);

    private static Vector256<int> Step(float* x, ref Vector256<float> product)
    {
        Vector256<float> value = Vector256.Load(x);
        product += Vector256.Abs(value);
        return -Vector256.GreaterThanOrEqual(value, Vector256<float>.Zero).AsInt32();
    }
}

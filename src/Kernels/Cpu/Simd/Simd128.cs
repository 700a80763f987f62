// 4 lanes: see ISimdFloat.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Kernels.Cpu.Simd;

internal readonly unsafe struct Simd128(Vector128<float> value) : ISimdFloat<Simd128>
{
    private const int MagnitudeMask = int.MaxValue;

    private readonly Vector128<float> _value = value;

    public static int Count => 4;

    public static Simd128 Create(float value) => new(Vector128.Create(value));

    public static Simd128 Load(float* source) => new(Vector128.Load(source));

    public void Store(float* destination) => _value.Store(destination);

    public static Simd128 operator +(Simd128 a, Simd128 b) => new(a._value + b._value);

    public static Simd128 operator -(Simd128 a, Simd128 b) => new(a._value - b._value);

    public static Simd128 operator *(Simd128 a, Simd128 b) => new(a._value * b._value);

    public static Simd128 operator /(Simd128 a, Simd128 b) => new(a._value / b._value);

    public static Simd128 MultiplyAdd(Simd128 a, Simd128 b, Simd128 c) => new(Vector128.MultiplyAddEstimate(a._value, b._value, c._value));

    public static Simd128 Max(Simd128 a, Simd128 b) => new(Vector128.MaxNative(a._value, b._value));

    public static Simd128 Min(Simd128 a, Simd128 b) => new(Vector128.MinNative(a._value, b._value));

    public static Simd128 MaxMagnitude(Simd128 max, Simd128 x) =>
        new(Vector128.Max(max._value.AsInt32(), x._value.AsInt32() & Vector128.Create(MagnitudeMask)).AsSingle());

    public static Simd128 ScaleByPowerOfTwo(Simd128 x, Simd128 n)
    {
        Vector128<float> shifted = Vector128.MaxNative(Vector128.Create(SimdConstants.SmallestExponent), n._value) + Vector128.Create(SimdConstants.Rounder);
        Vector128<int> exponent = shifted.AsInt32() - Vector128.Create(SimdConstants.RounderBits - SimdConstants.ExponentBias);
        return new(x._value * (exponent << SimdConstants.ExponentShift).AsSingle());
    }

    public static float Sum(Simd128 x) => Vector128.Sum(x._value);

    public static float LargestBits(Simd128 x)
    {
        Vector128<int> max = Vector128.Max(x._value.AsInt32(), Vector128.Shuffle(x._value.AsInt32(), Vector128.Create(2, 3, 0, 1)));
        return BitConverter.Int32BitsToSingle(Math.Max(max.ToScalar(), max.GetElement(1)));
    }

    public static float Largest(Simd128 x)
    {
        Vector128<float> max = Vector128.MaxNative(x._value, Vector128.Shuffle(x._value, Vector128.Create(2, 3, 0, 1)));
        return float.MaxNative(max.ToScalar(), max.GetElement(1));
    }

    public static void StoreRounded(Simd128 x, sbyte* codes, ref Simd128 sums)
    {
        Vector128<int> integers = (x._value + Vector128.Create(SimdConstants.Rounder)).AsInt32() - Vector128.Create(SimdConstants.RounderBits);
        sums = new((sums._value.AsInt32() + integers).AsSingle());
        Vector128<short> words = Vector128.Narrow(integers, integers);
        Unsafe.WriteUnaligned(codes, Vector128.Narrow(words, words).AsInt32().ToScalar());
    }

    public static int SumOfIntegers(Simd128 x) => Vector128.Sum(x._value.AsInt32());
}

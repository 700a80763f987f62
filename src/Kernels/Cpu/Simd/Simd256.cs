// 8 lanes: see ISimdFloat.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Kernels.Cpu.Simd;

internal readonly unsafe struct Simd256(Vector256<float> value) : ISimdFloat<Simd256>
{
    private const int MagnitudeMask = int.MaxValue;

    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    public static Simd256 Create(float value) => new(Vector256.Create(value));

    public static Simd256 Load(float* source) => new(Vector256.Load(source));

    public void Store(float* destination) => _value.Store(destination);

    public static Simd256 operator +(Simd256 a, Simd256 b) => new(a._value + b._value);

    public static Simd256 operator -(Simd256 a, Simd256 b) => new(a._value - b._value);

    public static Simd256 operator *(Simd256 a, Simd256 b) => new(a._value * b._value);

    public static Simd256 operator /(Simd256 a, Simd256 b) => new(a._value / b._value);

    public static Simd256 MultiplyAdd(Simd256 a, Simd256 b, Simd256 c) => new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    public static Simd256 Max(Simd256 a, Simd256 b) => new(Vector256.MaxNative(a._value, b._value));

    public static Simd256 Min(Simd256 a, Simd256 b) => new(Vector256.MinNative(a._value, b._value));

    public static Simd256 MaxMagnitude(Simd256 max, Simd256 x) =>
        new(Vector256.Max(max._value.AsInt32(), x._value.AsInt32() & Vector256.Create(MagnitudeMask)).AsSingle());

    public static Simd256 ScaleByPowerOfTwo(Simd256 x, Simd256 n)
    {
        Vector256<float> shifted = Vector256.MaxNative(Vector256.Create(SimdConstants.SmallestExponent), n._value) + Vector256.Create(SimdConstants.Rounder);
        Vector256<int> exponent = shifted.AsInt32() - Vector256.Create(SimdConstants.RounderBits - SimdConstants.ExponentBias);
        return new(x._value * (exponent << SimdConstants.ExponentShift).AsSingle());
    }

    public static float Sum(Simd256 x) => Vector256.Sum(x._value);

    public static float LargestBits(Simd256 x) =>
        Simd128.LargestBits(new(Vector128.Max(x._value.GetLower().AsInt32(), x._value.GetUpper().AsInt32()).AsSingle()));

    public static float Largest(Simd256 x) =>
        Simd128.Largest(new(Vector128.MaxNative(x._value.GetLower(), x._value.GetUpper())));

    public static void StoreRounded(Simd256 x, sbyte* codes, ref Simd256 sums)
    {
        Vector256<int> integers = (x._value + Vector256.Create(SimdConstants.Rounder)).AsInt32() - Vector256.Create(SimdConstants.RounderBits);
        sums = new((sums._value.AsInt32() + integers).AsSingle());
        Vector128<short> words = Vector128.Narrow(integers.GetLower(), integers.GetUpper());
        Unsafe.WriteUnaligned(codes, Vector128.Narrow(words, words).AsInt64().ToScalar());
    }

    public static int SumOfIntegers(Simd256 x) => Vector256.Sum(x._value.AsInt32());
}

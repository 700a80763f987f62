// 16 lanes: see ISimdFloat.
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Kernels.Cpu.Simd;

internal readonly unsafe struct Simd512(Vector512<float> value) : ISimdFloat<Simd512>
{
    private const int MagnitudeMask = int.MaxValue;

    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    public static Simd512 Create(float value) => new(Vector512.Create(value));

    public static Simd512 Load(float* source) => new(Vector512.Load(source));

    public void Store(float* destination) => _value.Store(destination);

    public static Simd512 operator +(Simd512 a, Simd512 b) => new(a._value + b._value);

    public static Simd512 operator -(Simd512 a, Simd512 b) => new(a._value - b._value);

    public static Simd512 operator *(Simd512 a, Simd512 b) => new(a._value * b._value);

    public static Simd512 operator /(Simd512 a, Simd512 b) => new(a._value / b._value);

    public static Simd512 MultiplyAdd(Simd512 a, Simd512 b, Simd512 c) => new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

    public static Simd512 Max(Simd512 a, Simd512 b) => new(Vector512.MaxNative(a._value, b._value));

    public static Simd512 Min(Simd512 a, Simd512 b) => new(Vector512.MinNative(a._value, b._value));

    public static Simd512 MaxMagnitude(Simd512 max, Simd512 x) =>
        new(Vector512.Max(max._value.AsInt32(), x._value.AsInt32() & Vector512.Create(MagnitudeMask)).AsSingle());

    public static Simd512 ScaleByPowerOfTwo(Simd512 x, Simd512 n)
    {
        if (Avx512F.IsSupported)
            return new(Avx512F.Scale(x._value, n._value));
        Vector512<float> shifted = Vector512.MaxNative(Vector512.Create(SimdConstants.SmallestExponent), n._value) + Vector512.Create(SimdConstants.Rounder);
        Vector512<int> exponent = shifted.AsInt32() - Vector512.Create(SimdConstants.RounderBits - SimdConstants.ExponentBias);
        return new(x._value * (exponent << SimdConstants.ExponentShift).AsSingle());
    }

    public static float Sum(Simd512 x) => Vector512.Sum(x._value);

    public static float LargestBits(Simd512 x) =>
        Simd256.LargestBits(new(Vector256.Max(x._value.GetLower().AsInt32(), x._value.GetUpper().AsInt32()).AsSingle()));

    public static float Largest(Simd512 x) =>
        Simd256.Largest(new(Vector256.MaxNative(x._value.GetLower(), x._value.GetUpper())));

    public static void StoreRounded(Simd512 x, sbyte* codes, ref Simd512 sums)
    {
        Vector512<int> integers = Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(x._value)
            : (x._value + Vector512.Create(SimdConstants.Rounder)).AsInt32() - Vector512.Create(SimdConstants.RounderBits);
        sums = new((sums._value.AsInt32() + integers).AsSingle());
        if (Avx512F.IsSupported)
            Avx512F.ConvertToVector128SByte(integers).Store(codes);
        else
            Narrow(integers).Store(codes);
    }

    public static int SumOfIntegers(Simd512 x) => Vector512.Sum(x._value.AsInt32());

    private static Vector128<sbyte> Narrow(Vector512<int> integers)
    {
        Vector256<short> words = Vector256.Narrow(integers.GetLower(), integers.GetUpper());
        return Vector128.Narrow(words.GetLower(), words.GetUpper());
    }
}

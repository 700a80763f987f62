// Element-wise code is the same at every vector width, and .NET's Vector<T> stops at 256 bits on processors that have 512. So it
// is written once over this interface; each width is a struct of one vector whose members are one instruction or a few.
namespace Microsoft.ML.Ternary.Kernels.Cpu.Simd;

/// <summary>A vector of float32 lanes.</summary>
internal unsafe interface ISimdFloat<TSelf> where TSelf : struct, ISimdFloat<TSelf>
{
    /// <summary>Lanes of a vector.</summary>
    static abstract int Count { get; }

    static abstract TSelf Create(float value);

    static abstract TSelf Load(float* source);

    void Store(float* destination);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a b + c, rounded once where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger; <paramref name="b"/> where either is NaN, as x86 has it.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>The smaller; <paramref name="b"/> where either is NaN, as x86 has it.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>The larger of <paramref name="max"/> and |x|. Without their sign bits, floats compare as integers, infinity above
    /// all numbers and NaN above infinity.</summary>
    static abstract TSelf MaxMagnitude(TSelf max, TSelf x);

    /// <summary>x 2^n for whole n up to 127; below -126 it may be taken for -126.</summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf x, TSelf n);

    /// <summary>The sum of all lanes.</summary>
    static abstract float Sum(TSelf x);

    /// <summary>The largest lane by its bits; lanes are not negative.</summary>
    static abstract float LargestBits(TSelf x);

    /// <summary>The largest lane.</summary>
    static abstract float Largest(TSelf x);

    /// <summary>Rounds lanes of at most 127 in magnitude, halves to even, stores them as bytes, and adds them to the integers that
    /// the lanes of <paramref name="sums"/> hold.</summary>
    static abstract void StoreRounded(TSelf x, sbyte* codes, ref TSelf sums);

    /// <summary>The sum of the integers that the lanes hold.</summary>
    static abstract int SumOfIntegers(TSelf x);
}

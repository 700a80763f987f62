// How the components of a stored row become float32 in registers, so that the distance kernels are written once for all of them.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>The form of a row's components.</summary>
internal unsafe interface IRowFormat
{
    /// <summary>Components <paramref name="i"/> to <paramref name="i"/> + 15.</summary>
    static abstract Vector512<float> Load512(byte* row, int i);

    /// <summary>Components <paramref name="i"/> to <paramref name="i"/> + 7.</summary>
    static abstract Vector256<float> Load256(byte* row, int i);

    /// <summary>Components <paramref name="i"/> to <paramref name="i"/> + 3.</summary>
    static abstract Vector128<float> Load128(byte* row, int i);

    /// <summary>Component <paramref name="i"/>.</summary>
    static abstract float Load(byte* row, int i);
}

/// <summary>float32.</summary>
internal readonly unsafe struct Float32Rows : IRowFormat
{
    public static Vector512<float> Load512(byte* row, int i) => Vector512.Load((float*)row + i);
    public static Vector256<float> Load256(byte* row, int i) => Vector256.Load((float*)row + i);
    public static Vector128<float> Load128(byte* row, int i) => Vector128.Load((float*)row + i);
    public static float Load(byte* row, int i) => ((float*)row)[i];
}

/// <summary>IEEE halves of which none is subnormal; loaded as 2^-112 of their values.</summary>
/// <remarks>.NET has no instruction for this, but a half is a float32 whose exponent has lost its upper bits: with sign, exponent and
/// mantissa shifted to where float32 has them it is the number times 2^(15 - 127). The smallest normal half lands on the smallest
/// normal float32; smaller ones would be subnormal there, which some processors are slow on, and are not stored.</remarks>
internal readonly unsafe struct Float16Rows : IRowFormat
{
    /// <summary>What a loaded component is to be multiplied by: 2^112.</summary>
    public const float Scale = 5.192296858534828e33f;

    /// <summary>The largest half.</summary>
    public const float MaxValue = 65504;

    // Sign, the lower five bits of the exponent, and the mantissa's upper ten.
    private const int Bits = unchecked((int)0x8fffe000);

    public static Vector512<float> Load512(byte* row, int i) =>
        (Vector512.WidenLower(Vector256.Load((short*)row + i).ToVector512Unsafe()) << 13 & Vector512.Create(Bits)).AsSingle();

    public static Vector256<float> Load256(byte* row, int i) =>
        (Vector256.WidenLower(Vector128.Load((short*)row + i).ToVector256Unsafe()) << 13 & Vector256.Create(Bits)).AsSingle();

    public static Vector128<float> Load128(byte* row, int i) =>
        (Vector128.WidenLower(Vector64.Load((short*)row + i).ToVector128Unsafe()) << 13 & Vector128.Create(Bits)).AsSingle();

    public static float Load(byte* row, int i) => BitConverter.Int32BitsToSingle(((short*)row)[i] << 13 & Bits);

    /// <summary>The half nearest to a value of at most <see cref="MaxValue"/> in magnitude; 0 for those that would be subnormal.</summary>
    public static short Round(float value)
    {
        short half = BitConverter.HalfToInt16Bits((Half)value);
        return (half & 0x7c00) == 0 ? (short)0 : half;
    }
}

// The fast Walsh-Hadamard transform, which is what makes a random rotation cheap: n log n additions instead of a matrix of n².
// Each level adds and subtracts the same pairs whatever the width of registers, so every processor gives the same bits.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Ann;

/// <summary>A register of consecutive components.</summary>
internal unsafe interface IHadamardRegister<TSelf> where TSelf : struct, IHadamardRegister<TSelf>
{
    /// <summary>Components in a register, a power of two.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    void Store(float* destination);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>The transform of the register's own components.</summary>
    TSelf TransformLanes();
}

/// <summary>x becomes H x in place, H the matrix of +1 and -1 whose rows are Walsh functions. H H = n.</summary>
internal static unsafe class HadamardTransform
{
    /// <summary>Transforms a power of two of components with this machine's widest registers that fit.</summary>
    public static void Apply(float* x, int length)
    {
        if (Vector512.IsHardwareAccelerated && length >= Hadamard512.Count)
            Apply<Hadamard512>(x, length);
        else if (Vector256.IsHardwareAccelerated && length >= Hadamard256.Count)
            Apply<Hadamard256>(x, length);
        else
            Apply<HadamardScalar>(x, length);
    }

    /// <summary>Transforms with one kind of register, at most <paramref name="length"/> wide.</summary>
    public static void Apply<T>(float* x, int length) where T : struct, IHadamardRegister<T>
    {
        for (int i = 0; i < length; i += T.Count)
            T.Load(x + i).TransformLanes().Store(x + i);
        int half = T.Count;
        // Two levels at a time: half the passes over memory.
        for (; 4 * half <= length; half *= 4)
        {
            for (int block = 0; block < length; block += 4 * half)
            {
                for (float* at = x + block; at < x + block + half; at += T.Count)
                    TwoLevels<T>(at, half);
            }
        }
        if (half < length)
        {
            for (float* at = x; at < x + half; at += T.Count)
            {
                T a = T.Load(at), b = T.Load(at + half);
                (a + b).Store(at);
                (a - b).Store(at + half);
            }
        }
    }

    private static void TwoLevels<T>(float* at, int half) where T : struct, IHadamardRegister<T>
    {
        T a = T.Load(at), b = T.Load(at + half), c = T.Load(at + 2 * half), d = T.Load(at + 3 * half);
        T ab = a + b, abMinus = a - b, cd = c + d, cdMinus = c - d;
        (ab + cd).Store(at);
        (abMinus + cdMinus).Store(at + half);
        (ab - cd).Store(at + 2 * half);
        (abMinus - cdMinus).Store(at + 3 * half);
    }
}

/// <summary>Sixteen components. A level inside a register adds its lanes, negated where they are the second of a pair, to their partners.</summary>
internal readonly unsafe struct Hadamard512(Vector512<float> value) : IHadamardRegister<Hadamard512>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    public static Hadamard512 Load(float* source) => new(Vector512.Load(source));

    public void Store(float* destination) => _value.Store(destination);

    public static Hadamard512 operator +(Hadamard512 a, Hadamard512 b) => new(a._value + b._value);

    public static Hadamard512 operator -(Hadamard512 a, Hadamard512 b) => new(a._value - b._value);

    public Hadamard512 TransformLanes()
    {
        Vector512<float> x = _value;
        x = Vector512.Shuffle(x, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
            + (x ^ Vector512.Create(0, -0f, 0, -0f, 0, -0f, 0, -0f, 0, -0f, 0, -0f, 0, -0f, 0, -0f));
        x = Vector512.Shuffle(x, Vector512.Create(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13))
            + (x ^ Vector512.Create(0, 0, -0f, -0f, 0, 0, -0f, -0f, 0, 0, -0f, -0f, 0, 0, -0f, -0f));
        x = Vector512.Shuffle(x, Vector512.Create(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11))
            + (x ^ Vector512.Create(0, 0, 0, 0, -0f, -0f, -0f, -0f, 0, 0, 0, 0, -0f, -0f, -0f, -0f));
        x = Vector512.Shuffle(x, Vector512.Create(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
            + (x ^ Vector512.Create(0, 0, 0, 0, 0, 0, 0, 0, -0f, -0f, -0f, -0f, -0f, -0f, -0f, -0f));
        return new Hadamard512(x);
    }
}

/// <summary>Eight components.</summary>
internal readonly unsafe struct Hadamard256(Vector256<float> value) : IHadamardRegister<Hadamard256>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    public static Hadamard256 Load(float* source) => new(Vector256.Load(source));

    public void Store(float* destination) => _value.Store(destination);

    public static Hadamard256 operator +(Hadamard256 a, Hadamard256 b) => new(a._value + b._value);

    public static Hadamard256 operator -(Hadamard256 a, Hadamard256 b) => new(a._value - b._value);

    public Hadamard256 TransformLanes()
    {
        Vector256<float> x = _value;
        x = Vector256.Shuffle(x, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)) + (x ^ Vector256.Create(0, -0f, 0, -0f, 0, -0f, 0, -0f));
        x = Vector256.Shuffle(x, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)) + (x ^ Vector256.Create(0, 0, -0f, -0f, 0, 0, -0f, -0f));
        x = Vector256.Shuffle(x, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)) + (x ^ Vector256.Create(0, 0, 0, 0, -0f, -0f, -0f, -0f));
        return new Hadamard256(x);
    }
}

/// <summary>One component: plain C#.</summary>
internal readonly unsafe struct HadamardScalar(float value) : IHadamardRegister<HadamardScalar>
{
    private readonly float _value = value;

    public static int Count => 1;

    public static HadamardScalar Load(float* source) => new(*source);

    public void Store(float* destination) => *destination = _value;

    public static HadamardScalar operator +(HadamardScalar a, HadamardScalar b) => new(a._value + b._value);

    public static HadamardScalar operator -(HadamardScalar a, HadamardScalar b) => new(a._value - b._value);

    public HadamardScalar TransformLanes() => this;
}

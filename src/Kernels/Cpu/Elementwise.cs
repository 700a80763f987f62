// One loop for all functions of one value: the function is a type, so the compiler makes a loop of its own for each, at each
// vector width.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Ternary.Kernels.Cpu.Simd;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

/// <summary>A function of one value, for a vector of values and in plain C#.</summary>
internal interface IElementwiseFunction
{
    static abstract float Invoke(float x);

    static abstract TVector Invoke<TVector>(TVector x) where TVector : struct, ISimdFloat<TVector>;
}

internal static unsafe class Elementwise
{
    /// <summary>Replaces every value by the function's. A value's result does not depend on where it stands.</summary>
    public static void Apply<TFunction>(float* values, int count) where TFunction : struct, IElementwiseFunction
    {
        if (Vector512.IsHardwareAccelerated)
            ApplyVectors<TFunction, Simd512>(values, count);
        else if (Vector256.IsHardwareAccelerated)
            ApplyVectors<TFunction, Simd256>(values, count);
        else if (Vector128.IsHardwareAccelerated)
            ApplyVectors<TFunction, Simd128>(values, count);
        else
            ApplyScalar<TFunction>(values, count);
    }

    /// <summary>Adds <paramref name="added"/> to <paramref name="values"/>.</summary>
    public static void Add(float* values, float* added, int count)
    {
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            (Vector256.Load(values + i) + Vector256.Load(added + i)).Store(values + i);
        for (; i < count; i++)
            values[i] += added[i];
    }

    /// <summary>Multiplies <paramref name="values"/> by <paramref name="factor"/>.</summary>
    public static void Scale(float* values, float factor, int count)
    {
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
            (Vector256.Load(values + i) * factor).Store(values + i);
        for (; i < count; i++)
            values[i] *= factor;
    }

    public static void ApplyScalar<TFunction>(float* values, int count) where TFunction : struct, IElementwiseFunction
    {
        for (int i = 0; i < count; i++)
            values[i] = TFunction.Invoke(values[i]);
    }

    // The tail goes through a vector too: the same text must embed to the same bits wherever it stands in a batch.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ApplyVectors<TFunction, TVector>(float* values, int count)
        where TFunction : struct, IElementwiseFunction
        where TVector : struct, ISimdFloat<TVector>
    {
        int i = 0;
        for (; i <= count - TVector.Count; i += TVector.Count)
            TFunction.Invoke(TVector.Load(values + i)).Store(values + i);
        if (i == count)
            return;
        float* lanes = stackalloc float[TVector.Count];
        new Span<float>(values + i, count - i).CopyTo(new Span<float>(lanes, TVector.Count));
        TFunction.Invoke(TVector.Load(lanes)).Store(lanes);
        new Span<float>(lanes, count - i).CopyTo(new Span<float>(values + i, count - i));
    }
}

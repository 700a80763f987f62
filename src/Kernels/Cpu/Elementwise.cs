// One loop for all functions of one value: the function is a type, so the compiler makes a loop of its own for each.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

/// <summary>A function of one value, for a vector of values and in plain C#.</summary>
internal interface IElementwiseFunction
{
    static abstract float Invoke(float x);

    static abstract Vector<float> Invoke(Vector<float> x);
}

internal static class Elementwise
{
    /// <summary>Replaces every value by the function's. A value's result does not depend on where it stands.</summary>
    public static void Apply<TFunction>(Span<float> values) where TFunction : struct, IElementwiseFunction
    {
        if (Vector.IsHardwareAccelerated)
            ApplyVectors<TFunction>(values);
        else
            ApplyScalar<TFunction>(values);
    }

    public static void ApplyScalar<TFunction>(Span<float> values) where TFunction : struct, IElementwiseFunction
    {
        foreach (ref float value in values)
            value = TFunction.Invoke(value);
    }

    // The tail goes through a vector too: the same text must embed to the same bits wherever it stands in a batch.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ApplyVectors<TFunction>(Span<float> values) where TFunction : struct, IElementwiseFunction
    {
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (ref Vector<float> vector in vectors)
            vector = TFunction.Invoke(vector);
        Span<float> tail = values[(vectors.Length * Vector<float>.Count)..];
        if (tail.Length == 0)
            return;
        Vector<float> last = default;
        Span<float> lanes = MemoryMarshal.CreateSpan(ref Unsafe.As<Vector<float>, float>(ref last), Vector<float>.Count);
        tail.CopyTo(lanes);
        last = TFunction.Invoke(last);
        lanes[..tail.Length].CopyTo(tail);
    }
}

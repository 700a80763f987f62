// The softmax of attention scores, a row at a time; rows are padded to whole vectors by what computes them.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal static class Softmax
{
    /// <summary>Replaces the first <paramref name="count"/> scores by e^(s - max) / Σ e^(s - max).</summary>
    /// <param name="row">The scores and, after them, memory up to a whole number of vectors, which is overwritten.</param>
    /// <param name="count">Number of scores, at least 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(Span<float> row, int count)
    {
        if (!Vector.IsHardwareAccelerated)
        {
            ApplyScalar(row[..count]);
            return;
        }
        row[count..].Fill(float.NegativeInfinity);
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(row);
        Vector<float> largest = vectors[0];
        for (int i = 1; i < vectors.Length; i++)
            largest = Vector.MaxNative(largest, vectors[i]);
        float max = largest[0];
        for (int i = 1; i < Vector<float>.Count; i++)
            max = float.MaxNative(max, largest[i]);

        // A padding lane adds at most 1.2e-38, the smallest that the exponential gives, to a sum of at least 1.
        Vector<float> sums = Vector<float>.Zero;
        foreach (ref Vector<float> vector in vectors)
        {
            vector = ExpFunction.Invoke(vector - new Vector<float>(max));
            sums += vector;
        }
        var factor = new Vector<float>(1 / Vector.Sum(sums));
        foreach (ref Vector<float> vector in vectors)
            vector *= factor;
    }

    public static void ApplyScalar(Span<float> scores)
    {
        float max = float.NegativeInfinity;
        foreach (float score in scores)
            max = MathF.Max(max, score);
        float sum = 0;
        foreach (ref float score in scores)
        {
            score = MathF.Exp(score - max);
            sum += score;
        }
        foreach (ref float score in scores)
            score /= sum;
    }
}

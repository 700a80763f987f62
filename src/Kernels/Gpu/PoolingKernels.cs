// From the states of a sequence's tokens to its embedding: pooling, the cut to fewer components, and L2 normalisation.
using ILGPU;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>What to pool, as bits; several vectors are concatenated in this order.</summary>
[Flags]
public enum GpuPooling
{
    /// <summary>The state of the first token.</summary>
    Cls = 1,

    /// <summary>The largest value of each component.</summary>
    Max = 2,

    /// <summary>The mean over all tokens.</summary>
    Mean = 4,

    /// <summary>The sum over all tokens divided by the square root of their number.</summary>
    MeanSqrtLength = 8,
}

internal static class PoolingKernels
{
    public const int GroupSize = RowReduction.GroupSize;

    /// <summary>Pools; a group for each 64 components (x) of a sequence (y).</summary>
    /// <param name="states">Tokens x hidden.</param>
    /// <param name="offsets">Where each sequence begins, and after the last one the number of tokens.</param>
    /// <param name="pooled">Sequences x (hidden x number of modes).</param>
    /// <param name="hidden">The hidden size.</param>
    /// <param name="modes">A <see cref="GpuPooling"/>, as a number.</param>
    /// <param name="width">Components of a pooled row.</param>
    public static void Pool(ArrayView<float> states, ArrayView<int> offsets, ArrayView<float> pooled, int hidden, int modes, int width)
    {
        int component = Grid.IdxX * GroupSize + Group.IdxX;
        if (component >= hidden)
            return;
        int begin = offsets[Grid.IdxY];
        int end = offsets[Grid.IdxY + 1];
        float first = states[begin * hidden + component];
        float max = first;
        float sum = first;
        for (int token = begin + 1; token < end; token++)
        {
            float value = states[token * hidden + component];
            sum += value;

            // Negated, so that NaN stays.
            max = !(value <= max) ? value : max;
        }
        int to = Grid.IdxY * width + component;
        if ((modes & (int)GpuPooling.Cls) != 0)
        {
            pooled[to] = first;
            to += hidden;
        }
        if ((modes & (int)GpuPooling.Max) != 0)
        {
            pooled[to] = max;
            to += hidden;
        }
        if ((modes & (int)GpuPooling.Mean) != 0)
        {
            pooled[to] = sum / (end - begin);
            to += hidden;
        }
        if ((modes & (int)GpuPooling.MeanSqrtLength) != 0)
            pooled[to] = sum / MathF.Sqrt(end - begin);
    }

    /// <summary>Keeps the first components of each row and scales them to L2 norm 1 where asked to; a group a row.</summary>
    /// <param name="pooled">Rows of <paramref name="width"/> values.</param>
    /// <param name="embeddings">Receives rows of <paramref name="dimension"/> values.</param>
    /// <param name="width">Components of a pooled row.</param>
    /// <param name="dimension">Components to keep.</param>
    /// <param name="normalize">1 to normalise, 0 to copy.</param>
    public static void Finish(ArrayView<float> pooled, ArrayView<float> embeddings, int width, int dimension, int normalize)
    {
        ArrayView<float> scratch = SharedMemory.Allocate<float>(GroupSize);
        int from = Grid.IdxX * width;
        float squares = 0;
        for (int i = Group.IdxX; i < dimension; i += GroupSize)
            squares += pooled[from + i] * pooled[from + i];
        float norm = MathF.Sqrt(RowReduction.Sum(scratch, squares));
        norm = norm < 1e-12f ? 1e-12f : norm;
        for (int i = Group.IdxX; i < dimension; i += GroupSize)
            embeddings[Grid.IdxX * dimension + i] = normalize != 0 ? pooled[from + i] / norm : pooled[from + i];
    }
}

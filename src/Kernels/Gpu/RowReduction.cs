// Sums and maxima over the threads of a group, through shared memory, because not every device has warps.
using System.Runtime.CompilerServices;
using ILGPU;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal static class RowReduction
{
    /// <summary>Threads of a group; a power of two.</summary>
    public const int GroupSize = 64;

    /// <summary>The sum of every thread's value, for every thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(ArrayView<float> scratch, float value)
    {
        int thread = Group.IdxX;
        scratch[thread] = value;
        Group.Barrier();
        for (int half = GroupSize / 2; half > 0; half /= 2)
        {
            if (thread < half)
                scratch[thread] += scratch[thread + half];
            Group.Barrier();
        }
        float sum = scratch[0];
        Group.Barrier();
        return sum;
    }

    /// <summary>The largest of every thread's value, for every thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Max(ArrayView<int> scratch, int value)
    {
        int thread = Group.IdxX;
        scratch[thread] = value;
        Group.Barrier();
        for (int half = GroupSize / 2; half > 0; half /= 2)
        {
            if (thread < half && scratch[thread + half] > scratch[thread])
                scratch[thread] = scratch[thread + half];
            Group.Barrier();
        }
        int max = scratch[0];
        Group.Barrier();
        return max;
    }

    /// <summary>The sum of every thread's value, for every thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(ArrayView<int> scratch, int value)
    {
        int thread = Group.IdxX;
        scratch[thread] = value;
        Group.Barrier();
        for (int half = GroupSize / 2; half > 0; half /= 2)
        {
            if (thread < half)
                scratch[thread] += scratch[thread + half];
            Group.Barrier();
        }
        int sum = scratch[0];
        Group.Barrier();
        return sum;
    }
}

// What the ternary kernels of all forms take and do alike.
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>The shape of a ternary product on a device.</summary>
internal readonly struct TernaryShape(int rows, int outputs, int inputTiles, int activation)
{
    /// <summary>Tokens.</summary>
    public readonly int Rows = rows;

    /// <summary>Components of an output row.</summary>
    public readonly int Outputs = outputs;

    /// <summary>Blocks of 64 inputs.</summary>
    public readonly int InputTiles = inputTiles;

    /// <summary>The <see cref="GpuActivation"/> of the epilogue, as a number.</summary>
    public readonly int Activation = activation;

    /// <summary>The epilogue before the activation: <paramref name="sum"/> is over codes + 1, or + 4, so that many times the activations'
    /// own sum is taken away.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scaled(int sum, int excess, float rowScale, float scale, float bias) =>
        (sum - excess) * (scale * rowScale) + bias;
}

// Layers in full precision: those that a model keeps out of ternarisation, and dense modules after pooling. Plain and tiled: a
// group makes 32 x 32 outputs from 32 inputs at a time, a thread 4 x 4 of them.
using System.Runtime.CompilerServices;
using ILGPU;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>4 x 4 sums of one thread, kept in registers.</summary>
internal struct Sums4x4
{
    public float S00, S01, S02, S03;
    public float S10, S11, S12, S13;
    public float S20, S21, S22, S23;
    public float S30, S31, S32, S33;

    /// <summary>Adds the outer product of four values of a column and four of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddOuter(float a0, float a1, float a2, float a3, float b0, float b1, float b2, float b3)
    {
        S00 += a0 * b0;
        S01 += a0 * b1;
        S02 += a0 * b2;
        S03 += a0 * b3;
        S10 += a1 * b0;
        S11 += a1 * b1;
        S12 += a1 * b2;
        S13 += a1 * b3;
        S20 += a2 * b0;
        S21 += a2 * b1;
        S22 += a2 * b2;
        S23 += a2 * b3;
        S30 += a3 * b0;
        S31 += a3 * b1;
        S32 += a3 * b2;
        S33 += a3 * b3;
    }
}

/// <summary>The shape of a product in full precision.</summary>
internal readonly struct DenseShape(int rows, int outputs, int inputs, int activation)
{
    public readonly int Rows = rows;

    public readonly int Outputs = outputs;

    public readonly int Inputs = inputs;

    /// <summary>The <see cref="GpuActivation"/> of the epilogue, as a number.</summary>
    public readonly int Activation = activation;
}

internal static class DenseKernel
{
    public const int GroupSize = 64;
    public const int Tile = 32;

    // The thread's rows and columns are 8 apart, and a row of a tile one word longer than it, so that threads meet in no bank.
    private const int Step = 8;
    private const int Stride = Tile + 1;

    /// <summary>y = activation(W x + b).</summary>
    /// <param name="input">shape.Rows x shape.Inputs.</param>
    /// <param name="weights">shape.Outputs x shape.Inputs.</param>
    /// <param name="bias">An offset an output.</param>
    /// <param name="output">shape.Rows x shape.Outputs.</param>
    /// <param name="shape">The shape.</param>
    public static void Run(ArrayView<float> input, ArrayView<float> weights, ArrayView<float> bias, ArrayView<float> output, DenseShape shape)
    {
        ArrayView<float> a = SharedMemory.Allocate<float>(Tile * Stride);
        ArrayView<float> b = SharedMemory.Allocate<float>(Tile * Stride);
        int x = Group.IdxX % Step;
        int y = Group.IdxX / Step;
        int firstRow = Grid.IdxY * Tile;
        int firstColumn = Grid.IdxX * Tile;
        Sums4x4 sums = default;
        for (int k = 0; k < shape.Inputs; k += Tile)
        {
            Stage(input, firstRow, shape.Rows, k, shape.Inputs, a);
            Stage(weights, firstColumn, shape.Outputs, k, shape.Inputs, b);
            Group.Barrier();
            Multiply(ref sums, a, y, b, x);
            Group.Barrier();
        }
        WriteRow(output, bias, shape, firstRow + y, firstColumn + x, sums.S00, sums.S01, sums.S02, sums.S03);
        WriteRow(output, bias, shape, firstRow + y + Step, firstColumn + x, sums.S10, sums.S11, sums.S12, sums.S13);
        WriteRow(output, bias, shape, firstRow + y + 2 * Step, firstColumn + x, sums.S20, sums.S21, sums.S22, sums.S23);
        WriteRow(output, bias, shape, firstRow + y + 3 * Step, firstColumn + x, sums.S30, sums.S31, sums.S32, sums.S33);
    }

    /// <summary>Adds the product of two staged tiles, rows of <paramref name="a"/> with rows of <paramref name="b"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(ref Sums4x4 sums, ArrayView<float> a, int y, ArrayView<float> b, int x)
    {
        int rows = y * Stride;
        int columns = x * Stride;
        for (int k = 0; k < Tile; k++)
        {
            sums.AddOuter(
                a[rows + k], a[rows + Step * Stride + k], a[rows + 2 * Step * Stride + k], a[rows + 3 * Step * Stride + k],
                b[columns + k], b[columns + Step * Stride + k], b[columns + 2 * Step * Stride + k], b[columns + 3 * Step * Stride + k]);
        }
    }

    private static void Stage(ArrayView<float> matrix, int firstRow, int rows, int firstColumn, int columns, ArrayView<float> tile)
    {
        for (int i = Group.IdxX; i < Tile * Tile; i += GroupSize)
        {
            int row = firstRow + i / Tile;
            int column = firstColumn + i % Tile;
            tile[i / Tile * Stride + i % Tile] = row < rows && column < columns ? matrix[row * columns + column] : 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteRow(ArrayView<float> output, ArrayView<float> bias, DenseShape shape, int row, int column, float v0, float v1, float v2, float v3)
    {
        if (row >= shape.Rows)
            return;
        Write(output, bias, shape, row, column, v0);
        Write(output, bias, shape, row, column + Step, v1);
        Write(output, bias, shape, row, column + 2 * Step, v2);
        Write(output, bias, shape, row, column + 3 * Step, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(ArrayView<float> output, ArrayView<float> bias, DenseShape shape, int row, int column, float value)
    {
        if (column < shape.Outputs)
            output[row * shape.Outputs + column] = GpuFunctions.Activate(shape.Activation, value + bias[column]);
    }
}

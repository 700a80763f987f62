// The ternary product without tensor cores: for a few tokens, where reading the weights is what costs, and for devices that have
// nothing better. A group makes 8 outputs of 8 tokens. Each of its warps takes every fourth block of 64 inputs, so that a group
// reads four whole tiles of packed weights at once, each word for all 8 tokens; the parts are added up in shared memory.
using System.Runtime.CompilerServices;
using ILGPU;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal static class TernaryDotKernel
{
    public const int GroupSize = 128;
    public const int TileRows = 8;

    private const int Slices = GroupSize / FragmentTiles.LaneWords;
    private const int BlockWords = FragmentTiles.TileActivationWords;

    // Partial sums of one output of one token: 4 lanes in each of 4 slices.
    private const int Parts = 4 * Slices;

    /// <summary>As <see cref="TernaryMmaKernel.Run{TMma, TCodes}"/>; the outputs need no padding past a multiple of 8.</summary>
    public static void Run<TSums, TCodes>(
        ArrayView<int> codes, ArrayView<float> rowScales, ArrayView<int> rowSums,
        ArrayView<int> weights, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> output, TernaryShape shape)
        where TSums : struct, IDotSums
        where TCodes : struct, IFragmentCodes
    {
        TCodes packed = default;
        ArrayView<int> parts = SharedMemory.Allocate<int>(GroupSize * TileRows);
        int thread = Group.IdxX;
        int slice = thread / FragmentTiles.LaneWords;
        int word = thread % FragmentTiles.LaneWords;
        int firstRow = Grid.IdxY * TileRows;
        int rowWords = shape.InputTiles * BlockWords;
        int from = firstRow * rowWords + word % 4;
        int tile = Grid.IdxX * shape.InputTiles * packed.TileWords + word;

        TSums sums = default;
        sums.Begin();
        for (int block = slice; block < shape.InputTiles; block += Slices)
        {
            int at = tile + block * packed.TileWords;
            int first = weights[at];
            int second = packed.Second(weights, at);
            AddBlock(
                ref sums, codes, from + block * BlockWords, rowWords,
                packed.Four(first, second, 0), packed.Four(first, second, 1), packed.Four(first, second, 2), packed.Four(first, second, 3));
        }
        Store(ref sums, parts, thread);
        Group.Barrier();

        // 64 results: thread = 8 x token + output. Its parts lie 4 lanes of each slice apart.
        int row = firstRow + thread / FragmentTiles.TileOutputs;
        int output8 = thread % FragmentTiles.TileOutputs;
        int column = Grid.IdxX * FragmentTiles.TileOutputs + output8;
        if (thread < TileRows * FragmentTiles.TileOutputs && row < shape.Rows && column < shape.Outputs)
        {
            int sum = 0;
            int start = thread / FragmentTiles.TileOutputs * GroupSize + 4 * output8;
            for (int part = 0; part < Parts; part++)
                sum += parts[start + part / 4 * FragmentTiles.LaneWords + part % 4];
            float value = TernaryShape.Scaled(sum, packed.Offset * rowSums[row], rowScales[row], scales[column], bias[column]);
            output[row * shape.Outputs + column] = GpuFunctions.Activate(shape.Activation, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddBlock<TSums>(ref TSums sums, ArrayView<int> codes, int from, int rowWords, int w0, int w1, int w2, int w3)
        where TSums : struct, IDotSums
    {
        AddRow(ref sums, 0, codes, from, w0, w1, w2, w3);
        AddRow(ref sums, 1, codes, from + rowWords, w0, w1, w2, w3);
        AddRow(ref sums, 2, codes, from + 2 * rowWords, w0, w1, w2, w3);
        AddRow(ref sums, 3, codes, from + 3 * rowWords, w0, w1, w2, w3);
        AddRow(ref sums, 4, codes, from + 4 * rowWords, w0, w1, w2, w3);
        AddRow(ref sums, 5, codes, from + 5 * rowWords, w0, w1, w2, w3);
        AddRow(ref sums, 6, codes, from + 6 * rowWords, w0, w1, w2, w3);
        AddRow(ref sums, 7, codes, from + 7 * rowWords, w0, w1, w2, w3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<TSums>(ref TSums sums, int token, ArrayView<int> codes, int from, int w0, int w1, int w2, int w3)
        where TSums : struct, IDotSums
    {
        sums.Add(token, codes[from], w0);
        sums.Add(token, codes[from + 4], w1);
        sums.Add(token, codes[from + 8], w2);
        sums.Add(token, codes[from + 12], w3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TSums>(ref TSums sums, ArrayView<int> parts, int thread)
        where TSums : struct, IDotSums
    {
        parts[thread] = sums.Sum(0);
        parts[thread + GroupSize] = sums.Sum(1);
        parts[thread + 2 * GroupSize] = sums.Sum(2);
        parts[thread + 3 * GroupSize] = sums.Sum(3);
        parts[thread + 4 * GroupSize] = sums.Sum(4);
        parts[thread + 5 * GroupSize] = sums.Sum(5);
        parts[thread + 6 * GroupSize] = sums.Sum(6);
        parts[thread + 7 * GroupSize] = sums.Sum(7);
    }
}

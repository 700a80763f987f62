// The ternary product on int8 tensor cores (compute capability 8.0 and later), for batches of tokens. A group of four warps
// makes 64 x 128 outputs; a warp 32 x 64 of them. Activations and packed weights of 64 inputs at a time go through shared
// memory, which is there twice, so that the next block is on its way while this one is multiplied; weights stay packed, 2 bits
// each or 4, until they are in registers.
using System.Runtime.CompilerServices;
using ILGPU;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal static class TernaryMmaKernel
{
    public const int GroupSize = 128;
    public const int TileRows = 64;
    public const int TileColumns = 128;

    private const int WarpRows = 32;
    private const int WarpColumns = 64;
    private const int ColumnTiles = TileColumns / FragmentTiles.TileOutputs;
    private const int BlockWords = FragmentTiles.TileActivationWords;

    // Four words between rows put the 32 words that a warp's fragment takes in 32 banks.
    private const int RowStride = BlockWords + 4;
    private const int ActivationWords = TileRows * RowStride;

    /// <summary>Words of weights of a block, of two digits as many again.</summary>
    public const int WeightWords = ColumnTiles * FragmentTiles.LaneWords;

    /// <summary>y(m, n) = activation(rowScale(m) x scale(n) x (sum - offset x rowSum(m)) + bias(n)).</summary>
    /// <param name="codes">int8 activations, four a word, rows of 16 x inputTiles words, zero past a row's end; memory for a
    /// multiple of <see cref="TileRows"/> rows.</param>
    /// <param name="rowScales">A scale a token.</param>
    /// <param name="rowSums">The sum of each token's codes.</param>
    /// <param name="weights">Packed by <see cref="FragmentTiles"/>, outputs padded to a multiple of <see cref="TileColumns"/>.</param>
    /// <param name="scales">A scale an output.</param>
    /// <param name="bias">An offset an output.</param>
    /// <param name="output">shape.Rows x shape.Outputs.</param>
    /// <param name="shape">The shape.</param>
    public static void Run<TMma, TCodes>(
        ArrayView<int> codes, ArrayView<float> rowScales, ArrayView<int> rowSums,
        ArrayView<int> weights, ArrayView<float> scales, ArrayView<float> bias, ArrayView<float> output, TernaryShape shape)
        where TMma : struct, IWarpMma
        where TCodes : struct, IFragmentCodes
    {
        ArrayView<int> stagedCodes = SharedMemory.Allocate<int>(2 * ActivationWords);
        ArrayView<int> stagedWeights = SharedMemory.Allocate<int>(2 * WeightWords);
        TMma mma = default;
        mma.Begin();
        TCodes packed = default;
        packed.Begin();

        int thread = Group.IdxX;
        int warp = thread / MmaFragments.Lanes;
        int lane = thread % MmaFragments.Lanes;
        int rowInTile = warp / 2 * WarpRows;
        int columnInTile = warp % 2 * WarpColumns;

        // The thread's part of each block: eight rows of one word of activations, and four words of weights.
        int rowWords = shape.InputTiles * BlockWords;
        int codesFrom = (Grid.IdxY * TileRows + thread / BlockWords) * rowWords + thread % BlockWords;
        int codesTo = thread / BlockWords * RowStride + thread % BlockWords;
        int weightsStride = shape.InputTiles * packed.TileWords;
        int weightsFrom = (Grid.IdxX * ColumnTiles + warp) * weightsStride + lane;

        Staged next = Load(packed, codes, codesFrom, rowWords, weights, weightsFrom, weightsStride);
        Store(packed, next, stagedCodes, codesTo, stagedWeights, thread);
        Group.Barrier();
        for (int block = 0; block < shape.InputTiles; block++)
        {
            int current = block & 1;
            bool more = block + 1 < shape.InputTiles;
            if (more)
            {
                next = Load(
                    packed, codes, codesFrom + (block + 1) * BlockWords, rowWords,
                    weights, weightsFrom + (block + 1) * packed.TileWords, weightsStride);
            }
            int fragment = current * ActivationWords + rowInTile * RowStride + Fragment.LaneOffset(lane);
            int words = current * WeightWords + columnInTile / FragmentTiles.TileOutputs * FragmentTiles.LaneWords + lane;
            Multiply(ref mma, packed, stagedCodes, fragment, stagedWeights, words);
            if (more)
                Store(packed, next, stagedCodes, (1 - current) * ActivationWords + codesTo, stagedWeights, (1 - current) * WeightWords + thread);
            Group.Barrier();
        }

        int firstRow = Grid.IdxY * TileRows + rowInTile;
        int firstColumn = Grid.IdxX * TileColumns + columnInTile;
        Finish finish = new(rowScales, rowSums, packed.Offset, scales, bias, output, shape, firstRow, firstColumn, lane);
        finish.Columns(ref mma, rowTile: 0);
        finish.Columns(ref mma, rowTile: 1);
    }

    /// <summary>A block, 64 inputs: two fragments of activations meet eight of weights, for the first and the second 32 inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TMma, TCodes>(ref TMma mma, TCodes packed, ArrayView<int> codes, int fragment, ArrayView<int> weights, int words)
        where TMma : struct, IWarpMma
        where TCodes : struct, IFragmentCodes
    {
        Fragment upper0 = Fragment.Read(codes, fragment);
        Fragment upper1 = Fragment.Read(codes, fragment + MmaFragments.DepthWords);
        Fragment lower0 = Fragment.Read(codes, fragment + MmaFragments.Rows * RowStride);
        Fragment lower1 = Fragment.Read(codes, fragment + MmaFragments.Rows * RowStride + MmaFragments.DepthWords);
        Column(ref mma, packed, 0, upper0, upper1, lower0, lower1, weights, words);
        Column(ref mma, packed, 1, upper0, upper1, lower0, lower1, weights, words);
        Column(ref mma, packed, 2, upper0, upper1, lower0, lower1, weights, words);
        Column(ref mma, packed, 3, upper0, upper1, lower0, lower1, weights, words);
        Column(ref mma, packed, 4, upper0, upper1, lower0, lower1, weights, words);
        Column(ref mma, packed, 5, upper0, upper1, lower0, lower1, weights, words);
        Column(ref mma, packed, 6, upper0, upper1, lower0, lower1, weights, words);
        Column(ref mma, packed, 7, upper0, upper1, lower0, lower1, weights, words);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column<TMma, TCodes>(
        ref TMma mma, TCodes packed, int column, Fragment upper0, Fragment upper1, Fragment lower0, Fragment lower1, ArrayView<int> weights, int words)
        where TMma : struct, IWarpMma
        where TCodes : struct, IFragmentCodes
    {
        int at = words + column * FragmentTiles.LaneWords;
        int first = weights[at];
        int second = packed.Staged(at);
        Product(ref mma, column, upper0, lower0, packed.Four(first, second, MmaFragments.BGroup(0, 0)), packed.Four(first, second, MmaFragments.BGroup(0, 1)));
        Product(ref mma, column, upper1, lower1, packed.Four(first, second, MmaFragments.BGroup(1, 0)), packed.Four(first, second, MmaFragments.BGroup(1, 1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Product<TMma>(ref TMma mma, int column, Fragment upper, Fragment lower, int b0, int b1)
        where TMma : struct, IWarpMma
    {
        mma.Accumulate(column, upper.A0, upper.A1, upper.A2, upper.A3, b0, b1);
        mma.Accumulate(8 + column, lower.A0, lower.A1, lower.A2, lower.A3, b0, b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Staged Load<TCodes>(TCodes packed, ArrayView<int> codes, int from, int rowWords, ArrayView<int> weights, int weightsFrom, int weightsStride)
        where TCodes : struct, IFragmentCodes
    {
        // A group's threads cover 8 rows of 16 words, and 4 tiles of 32 words, at a time.
        int step = 8 * rowWords;
        int tiles = 4 * weightsStride;
        return new Staged
        {
            C0 = codes[from],
            C1 = codes[from + step],
            C2 = codes[from + 2 * step],
            C3 = codes[from + 3 * step],
            C4 = codes[from + 4 * step],
            C5 = codes[from + 5 * step],
            C6 = codes[from + 6 * step],
            C7 = codes[from + 7 * step],
            W0 = weights[weightsFrom],
            W1 = weights[weightsFrom + tiles],
            W2 = weights[weightsFrom + 2 * tiles],
            W3 = weights[weightsFrom + 3 * tiles],
            V0 = packed.Second(weights, weightsFrom),
            V1 = packed.Second(weights, weightsFrom + tiles),
            V2 = packed.Second(weights, weightsFrom + 2 * tiles),
            V3 = packed.Second(weights, weightsFrom + 3 * tiles),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TCodes>(TCodes packed, Staged staged, ArrayView<int> codes, int to, ArrayView<int> weights, int weightsTo)
        where TCodes : struct, IFragmentCodes
    {
        codes[to] = staged.C0;
        codes[to + 8 * RowStride] = staged.C1;
        codes[to + 16 * RowStride] = staged.C2;
        codes[to + 24 * RowStride] = staged.C3;
        codes[to + 32 * RowStride] = staged.C4;
        codes[to + 40 * RowStride] = staged.C5;
        codes[to + 48 * RowStride] = staged.C6;
        codes[to + 56 * RowStride] = staged.C7;
        weights[weightsTo] = staged.W0;
        weights[weightsTo + GroupSize] = staged.W1;
        weights[weightsTo + 2 * GroupSize] = staged.W2;
        weights[weightsTo + 3 * GroupSize] = staged.W3;
        packed.Stage(weightsTo, staged.V0);
        packed.Stage(weightsTo + GroupSize, staged.V1);
        packed.Stage(weightsTo + 2 * GroupSize, staged.V2);
        packed.Stage(weightsTo + 3 * GroupSize, staged.V3);
    }

    /// <summary>What a thread carries from global to shared memory for one block.</summary>
    private struct Staged
    {
        public int C0, C1, C2, C3, C4, C5, C6, C7;
        public int W0, W1, W2, W3;
        public int V0, V1, V2, V3;
    }

    /// <summary>A lane's registers of one 16 x 32 fragment of activations.</summary>
    private struct Fragment
    {
        public int A0, A1, A2, A3;

        /// <summary>Where a lane's first register lies from the fragment's first word. The other registers lie as far from it as
        /// lane 0's do from its first, so that these distances are constants.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static int LaneOffset(int lane) => Offset(lane, 0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Fragment Read(ArrayView<int> codes, int start) => new()
        {
            A0 = codes[start],
            A1 = codes[start + Offset(0, 1)],
            A2 = codes[start + Offset(0, 2)],
            A3 = codes[start + Offset(0, 3)],
        };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static int Offset(int lane, int register) =>
            MmaFragments.ARow(lane, register) * RowStride + MmaFragments.AWord(lane, register);
    }

    /// <summary>From sums to outputs, for the rows and columns that exist.</summary>
    private readonly struct Finish(
        ArrayView<float> rowScales, ArrayView<int> rowSums, int offset, ArrayView<float> scales, ArrayView<float> bias,
        ArrayView<float> output, TernaryShape shape, int firstRow, int firstColumn, int lane)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Columns<TMma>(ref TMma mma, int rowTile)
            where TMma : struct, IWarpMma
        {
            Tile(ref mma, rowTile, 0);
            Tile(ref mma, rowTile, 1);
            Tile(ref mma, rowTile, 2);
            Tile(ref mma, rowTile, 3);
            Tile(ref mma, rowTile, 4);
            Tile(ref mma, rowTile, 5);
            Tile(ref mma, rowTile, 6);
            Tile(ref mma, rowTile, 7);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Tile<TMma>(ref TMma mma, int rowTile, int columnTile)
            where TMma : struct, IWarpMma
        {
            int tile = 8 * rowTile + columnTile;
            Write(mma.Sum(tile, 0), rowTile, columnTile, 0);
            Write(mma.Sum(tile, 1), rowTile, columnTile, 1);
            Write(mma.Sum(tile, 2), rowTile, columnTile, 2);
            Write(mma.Sum(tile, 3), rowTile, columnTile, 3);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Write(int sum, int rowTile, int columnTile, int register)
        {
            int row = firstRow + rowTile * MmaFragments.Rows + MmaFragments.CRow(lane, register);
            int column = firstColumn + columnTile * MmaFragments.Columns + MmaFragments.CColumn(lane, register);
            if (row < shape.Rows && column < shape.Outputs)
            {
                float value = TernaryShape.Scaled(sum, offset * rowSums[row], rowScales[row], scales[column], bias[column]);
                output[row * shape.Outputs + column] = GpuFunctions.Activate(shape.Activation, value);
            }
        }
    }
}

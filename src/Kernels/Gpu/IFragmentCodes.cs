// How a lane reads its weights from packed words (FragmentTiles), for one ternary digit a weight and for two, so that the kernels
// are written once. Of two digits a lane has two words of each tile; where there is one, all that concerns the second compiles to
// nothing.
using System.Runtime.CompilerServices;
using ILGPU;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>Packed codes as a lane sees them. Groups are constants at every call.</summary>
internal interface IFragmentCodes
{
    /// <summary>Words of a tile.</summary>
    int TileWords { get; }

    /// <summary>What was added to each code.</summary>
    int Offset { get; }

    /// <summary>Makes room in shared memory; called once, first, by kernels that stage weights there.</summary>
    void Begin();

    /// <summary>The lane's second word of the tile whose first word of the lane is at <paramref name="first"/>; 0 where it has none.</summary>
    int Second(ArrayView<int> weights, int first);

    /// <summary>Puts a second word into shared memory.</summary>
    void Stage(int at, int word);

    /// <summary>Reads it back.</summary>
    int Staged(int at);

    /// <summary>Codes + <see cref="Offset"/>, one a byte, of the lane's four inputs in a group of 16, 0 to 3.</summary>
    int Four(int first, int second, int group);
}

/// <summary>Codes + 1 in 2 bits.</summary>
internal struct OneDigitCodes : IFragmentCodes
{
    public readonly int TileWords => FragmentTiles.LaneWords;

    public readonly int Offset => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Begin()
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Second(ArrayView<int> weights, int first) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Stage(int at, int word)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Staged(int at) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Four(int first, int second, int group) => first >> 2 * group & FragmentTiles.CodeMask;
}

/// <summary>Codes + 4 in 4 bits.</summary>
internal struct TwoDigitCodes : IFragmentCodes
{
    private ArrayView<int> _staged;

    public readonly int TileWords => 2 * FragmentTiles.LaneWords;

    public readonly int Offset => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin() => _staged = SharedMemory.Allocate<int>(2 * TernaryMmaKernel.WeightWords);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Second(ArrayView<int> weights, int first) => weights[first + FragmentTiles.LaneWords];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Stage(int at, int word) => _staged[at] = word;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Staged(int at) => _staged[at];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Four(int first, int second, int group) =>
        (group < 2 ? first : second) >> 4 * (group % 2) & FragmentTiles.TwoDigitMask;
}

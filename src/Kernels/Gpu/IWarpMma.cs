// The one instruction of the tensor-core kernel that only some devices have, behind an interface, so that all of the rest of
// the kernel (staging, unpacking, indices, epilogue) also runs, and is tested, where there are no tensor cores.
namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>A warp's sums: 2 x 8 tiles of 16 x 8, in the order of <see cref="MmaFragments"/>, tile = 8 x row of tiles + column.</summary>
/// <remarks>All lanes of a group call the members in the same order; the tile is a constant at every call.</remarks>
internal interface IWarpMma
{
    /// <summary>Sets all sums to zero; called once, first.</summary>
    void Begin();

    /// <summary>Adds the product of one A fragment (4 registers) and one B fragment (2 registers) to a tile.</summary>
    void Accumulate(int tile, int a0, int a1, int a2, int a3, int b0, int b1);

    /// <summary>One of the lane's four sums of a tile.</summary>
    int Sum(int tile, int register);
}

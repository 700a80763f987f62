// Which lane of a warp holds what in mma.m16n8k32 with 8-bit operands (PTX ISA, "Matrix fragments for mma.m16n8k32"). Kernels
// and the test that plays all 32 lanes by hand share these functions, so the layout can be tested without a GPU.
//
//   g = lane / 4, t = lane % 4. A register of an operand holds four neighbouring k; a register of the sums one number.
//
//   A (16 x 32):  register r of 4: row g + 8 (r % 2),     k = 4 t + 16 (r / 2) and the three after it
//   B (32 x 8):   register r of 2: column g,              k = 4 t + 16 r       and the three after it
//   C (16 x 8):   register r of 4: row g + 8 (r / 2),     column 2 t + r % 2
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal static class MmaFragments
{
    public const int Rows = 16;
    public const int Columns = 8;
    public const int Depth = 32;
    public const int Lanes = 32;

    /// <summary>Words of four int8 activations along the depth of one product.</summary>
    public const int DepthWords = Depth / 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ARow(int lane, int register) => lane / 4 + 8 * (register % 2);

    /// <summary>The word of four k, counted from the first of the product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int AWord(int lane, int register) => lane % 4 + 4 * (register / 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BColumn(int lane) => lane / 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BWord(int lane, int register) => lane % 4 + 4 * register;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CRow(int lane, int register) => lane / 4 + 8 * (register / 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CColumn(int lane, int register) => 2 * (lane % 4) + register % 2;

    /// <summary>Which group of 16 inputs of a tile (<see cref="Packing.FragmentTiles"/>) one register of B holds in the first (0) or
    /// second (1) product of a tile's 64 inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BGroup(int product, int register) => 2 * product + register;
}

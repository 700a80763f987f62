// A distance and an id in one integer, so that every comparison in a search is a single one and ties have one order (the lower
// id first) in every index and on every thread.
//
//   bit 63........32  the distance's bits, made to sort as an unsigned integer
//   bit 31.........1  the id
//   bit 0             a mark: whether a graph search has followed this candidate's links
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary.Ann;

internal static class NeighborKey
{
    public const ulong Mark = 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Create(float distance, int id)
    {
        // Only products that overflow are NaN: they sort last.
        uint bits = float.IsNaN(distance) ? 0x7F800000u : BitConverter.SingleToUInt32Bits(distance);
        bits ^= (uint)((int)bits >> 31) | 0x80000000u;
        return ((ulong)bits << 32) | ((uint)id << 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Id(ulong key) => (int)((uint)key >> 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Distance(ulong key)
    {
        uint bits = (uint)(key >> 32);
        bits ^= ~(uint)((int)bits >> 31) | 0x80000000u;
        return BitConverter.UInt32BitsToSingle(bits);
    }
}

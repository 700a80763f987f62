// mma.m16n8k32 by its definition, for devices without tensor cores: the lanes of a warp show each other their registers in shared
// memory, and each lane adds up its four sums. What is tested with it is everything else in the tensor-core kernel.
using System.Runtime.CompilerServices;
using ILGPU;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Gpu;

internal struct EmulatedMma : IWarpMma
{
    private const int Registers = 6;

    private ArrayView<int> _shown;
    private ArrayView<int> _sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin()
    {
        _shown = SharedMemory.Allocate<int>(TernaryMmaKernel.GroupSize * Registers);
        _sums = LocalMemory.Allocate<int>(64);
        for (int i = 0; i < 64; i++)
            _sums[i] = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Accumulate(int tile, int a0, int a1, int a2, int a3, int b0, int b1)
    {
        int thread = Group.IdxX;
        Group.Barrier();
        _shown[Registers * thread] = a0;
        _shown[Registers * thread + 1] = a1;
        _shown[Registers * thread + 2] = a2;
        _shown[Registers * thread + 3] = a3;
        _shown[Registers * thread + 4] = b0;
        _shown[Registers * thread + 5] = b1;
        Group.Barrier();
        int warp = thread / MmaFragments.Lanes * MmaFragments.Lanes;
        int lane = thread % MmaFragments.Lanes;
        for (int register = 0; register < 4; register++)
        {
            int row = MmaFragments.CRow(lane, register);
            int column = MmaFragments.CColumn(lane, register);
            for (int word = 0; word < MmaFragments.DepthWords; word++)
                _sums[4 * tile + register] += Dot(A(warp, row, word), B(warp, column, word));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Sum(int tile, int register) => _sums[4 * tile + register];

    // Which lane's which register holds four neighbouring k of a row of A, written from the PTX ISA's figure rather than with
    // MmaFragments, so that a mistake there is not undone here.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int A(int warp, int row, int word) => _shown[Registers * (warp + row % 8 * 4 + word % 4) + row / 8 + word / 4 * 2];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int B(int warp, int column, int word) => _shown[Registers * (warp + column * 4 + word % 4) + 4 + word / 4];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Dot(int a, int b) =>
        (a << 24 >> 24) * (b << 24 >> 24) + (a << 16 >> 24) * (b << 16 >> 24) + (a << 8 >> 24) * (b << 8 >> 24) + (a >> 24) * (b >> 24);
}

// The sums of the kernel without tensor cores: four int8 products at once are an instruction on CUDA devices since compute
// capability 6.1, and shifts everywhere else.
using System.Runtime.CompilerServices;
using ILGPU.Runtime.Cuda;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>A thread's sums for 8 tokens. The token is a constant at every call.</summary>
internal interface IDotSums
{
    /// <summary>Sets the sums to zero; called once, first.</summary>
    void Begin();

    /// <summary>Adds the product of the four signed bytes of <paramref name="a"/> and of <paramref name="b"/> to a token's sum.</summary>
    void Add(int token, int a, int b);

    int Sum(int token);
}

/// <summary>dp4a, as inline PTX; for the registers see <see cref="TensorCoreMma"/>.</summary>
internal struct Dp4aSums : IDotSums
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Begin()
    {
        CudaAsm.Emit(".reg .b32 sum<8>;", 0);
        CudaAsm.Emit("mov.b32 sum0, %0;", 0);
        CudaAsm.Emit("mov.b32 sum1, %0;", 0);
        CudaAsm.Emit("mov.b32 sum2, %0;", 0);
        CudaAsm.Emit("mov.b32 sum3, %0;", 0);
        CudaAsm.Emit("mov.b32 sum4, %0;", 0);
        CudaAsm.Emit("mov.b32 sum5, %0;", 0);
        CudaAsm.Emit("mov.b32 sum6, %0;", 0);
        CudaAsm.Emit("mov.b32 sum7, %0;", 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Add(int token, int a, int b)
    {
        switch (token)
        {
            case 0:
                CudaAsm.Emit("dp4a.s32.s32 sum0, %0, %1, sum0;", a, b);
                break;
            case 1:
                CudaAsm.Emit("dp4a.s32.s32 sum1, %0, %1, sum1;", a, b);
                break;
            case 2:
                CudaAsm.Emit("dp4a.s32.s32 sum2, %0, %1, sum2;", a, b);
                break;
            case 3:
                CudaAsm.Emit("dp4a.s32.s32 sum3, %0, %1, sum3;", a, b);
                break;
            case 4:
                CudaAsm.Emit("dp4a.s32.s32 sum4, %0, %1, sum4;", a, b);
                break;
            case 5:
                CudaAsm.Emit("dp4a.s32.s32 sum5, %0, %1, sum5;", a, b);
                break;
            case 6:
                CudaAsm.Emit("dp4a.s32.s32 sum6, %0, %1, sum6;", a, b);
                break;
            default:
                CudaAsm.Emit("dp4a.s32.s32 sum7, %0, %1, sum7;", a, b);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Sum(int token)
    {
        int sum;
        switch (token)
        {
            case 0:
                CudaAsm.Emit("mov.b32 %0, sum0;", out sum);
                break;
            case 1:
                CudaAsm.Emit("mov.b32 %0, sum1;", out sum);
                break;
            case 2:
                CudaAsm.Emit("mov.b32 %0, sum2;", out sum);
                break;
            case 3:
                CudaAsm.Emit("mov.b32 %0, sum3;", out sum);
                break;
            case 4:
                CudaAsm.Emit("mov.b32 %0, sum4;", out sum);
                break;
            case 5:
                CudaAsm.Emit("mov.b32 %0, sum5;", out sum);
                break;
            case 6:
                CudaAsm.Emit("mov.b32 %0, sum6;", out sum);
                break;
            default:
                CudaAsm.Emit("mov.b32 %0, sum7;", out sum);
                break;
        }
        return sum;
    }
}

/// <summary>In operations that every device has.</summary>
internal struct PlainSums : IDotSums
{
    private int _s0, _s1, _s2, _s3, _s4, _s5, _s6, _s7;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin() => this = default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int token, int a, int b)
    {
        int dot = (a << 24 >> 24) * (b << 24 >> 24) + (a << 16 >> 24) * (b << 16 >> 24) + (a << 8 >> 24) * (b << 8 >> 24) + (a >> 24) * (b >> 24);
        switch (token)
        {
            case 0:
                _s0 += dot;
                break;
            case 1:
                _s1 += dot;
                break;
            case 2:
                _s2 += dot;
                break;
            case 3:
                _s3 += dot;
                break;
            case 4:
                _s4 += dot;
                break;
            case 5:
                _s5 += dot;
                break;
            case 6:
                _s6 += dot;
                break;
            default:
                _s7 += dot;
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Sum(int token) => token switch
    {
        0 => _s0,
        1 => _s1,
        2 => _s2,
        3 => _s3,
        4 => _s4,
        5 => _s5,
        6 => _s6,
        _ => _s7,
    };
}

// mma.sync for the tensor-core kernel, as inline PTX. The sums live in 64 registers that the PTX declares itself: operands that
// ILGPU passes by reference (CudaAsm.EmitRef) go through local memory at every instruction, and ILGPU's plain CudaAsm.Emit has
// one result where mma has four. A register declared in the text needs neither. Each case is one literal because ILGPU takes
// nothing else for the text; the tile is constant at every call, so the switch is gone before PTX is made.
using System.Runtime.CompilerServices;
using ILGPU.Runtime.Cuda;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal struct TensorCoreMma : IWarpMma
{
    private const string Mma = "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 ";
    private const string Operands = ", {%0,%1,%2,%3}, {%4,%5}, ";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Begin()
    {
        CudaAsm.Emit(".reg .b32 sum<64>;", 0);
        CudaAsm.Emit("mov.b32 sum0, %0; mov.b32 sum1, %0; mov.b32 sum2, %0; mov.b32 sum3, %0;", 0);
        CudaAsm.Emit("mov.b32 sum4, %0; mov.b32 sum5, %0; mov.b32 sum6, %0; mov.b32 sum7, %0;", 0);
        CudaAsm.Emit("mov.b32 sum8, %0; mov.b32 sum9, %0; mov.b32 sum10, %0; mov.b32 sum11, %0;", 0);
        CudaAsm.Emit("mov.b32 sum12, %0; mov.b32 sum13, %0; mov.b32 sum14, %0; mov.b32 sum15, %0;", 0);
        CudaAsm.Emit("mov.b32 sum16, %0; mov.b32 sum17, %0; mov.b32 sum18, %0; mov.b32 sum19, %0;", 0);
        CudaAsm.Emit("mov.b32 sum20, %0; mov.b32 sum21, %0; mov.b32 sum22, %0; mov.b32 sum23, %0;", 0);
        CudaAsm.Emit("mov.b32 sum24, %0; mov.b32 sum25, %0; mov.b32 sum26, %0; mov.b32 sum27, %0;", 0);
        CudaAsm.Emit("mov.b32 sum28, %0; mov.b32 sum29, %0; mov.b32 sum30, %0; mov.b32 sum31, %0;", 0);
        CudaAsm.Emit("mov.b32 sum32, %0; mov.b32 sum33, %0; mov.b32 sum34, %0; mov.b32 sum35, %0;", 0);
        CudaAsm.Emit("mov.b32 sum36, %0; mov.b32 sum37, %0; mov.b32 sum38, %0; mov.b32 sum39, %0;", 0);
        CudaAsm.Emit("mov.b32 sum40, %0; mov.b32 sum41, %0; mov.b32 sum42, %0; mov.b32 sum43, %0;", 0);
        CudaAsm.Emit("mov.b32 sum44, %0; mov.b32 sum45, %0; mov.b32 sum46, %0; mov.b32 sum47, %0;", 0);
        CudaAsm.Emit("mov.b32 sum48, %0; mov.b32 sum49, %0; mov.b32 sum50, %0; mov.b32 sum51, %0;", 0);
        CudaAsm.Emit("mov.b32 sum52, %0; mov.b32 sum53, %0; mov.b32 sum54, %0; mov.b32 sum55, %0;", 0);
        CudaAsm.Emit("mov.b32 sum56, %0; mov.b32 sum57, %0; mov.b32 sum58, %0; mov.b32 sum59, %0;", 0);
        CudaAsm.Emit("mov.b32 sum60, %0; mov.b32 sum61, %0; mov.b32 sum62, %0; mov.b32 sum63, %0;", 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Accumulate(int tile, int a0, int a1, int a2, int a3, int b0, int b1)
    {
        switch (tile)
        {
            case 0:
                CudaAsm.Emit(Mma + "{sum0,sum1,sum2,sum3}" + Operands + "{sum0,sum1,sum2,sum3};", a0, a1, a2, a3, b0, b1);
                break;
            case 1:
                CudaAsm.Emit(Mma + "{sum4,sum5,sum6,sum7}" + Operands + "{sum4,sum5,sum6,sum7};", a0, a1, a2, a3, b0, b1);
                break;
            case 2:
                CudaAsm.Emit(Mma + "{sum8,sum9,sum10,sum11}" + Operands + "{sum8,sum9,sum10,sum11};", a0, a1, a2, a3, b0, b1);
                break;
            case 3:
                CudaAsm.Emit(Mma + "{sum12,sum13,sum14,sum15}" + Operands + "{sum12,sum13,sum14,sum15};", a0, a1, a2, a3, b0, b1);
                break;
            case 4:
                CudaAsm.Emit(Mma + "{sum16,sum17,sum18,sum19}" + Operands + "{sum16,sum17,sum18,sum19};", a0, a1, a2, a3, b0, b1);
                break;
            case 5:
                CudaAsm.Emit(Mma + "{sum20,sum21,sum22,sum23}" + Operands + "{sum20,sum21,sum22,sum23};", a0, a1, a2, a3, b0, b1);
                break;
            case 6:
                CudaAsm.Emit(Mma + "{sum24,sum25,sum26,sum27}" + Operands + "{sum24,sum25,sum26,sum27};", a0, a1, a2, a3, b0, b1);
                break;
            case 7:
                CudaAsm.Emit(Mma + "{sum28,sum29,sum30,sum31}" + Operands + "{sum28,sum29,sum30,sum31};", a0, a1, a2, a3, b0, b1);
                break;
            case 8:
                CudaAsm.Emit(Mma + "{sum32,sum33,sum34,sum35}" + Operands + "{sum32,sum33,sum34,sum35};", a0, a1, a2, a3, b0, b1);
                break;
            case 9:
                CudaAsm.Emit(Mma + "{sum36,sum37,sum38,sum39}" + Operands + "{sum36,sum37,sum38,sum39};", a0, a1, a2, a3, b0, b1);
                break;
            case 10:
                CudaAsm.Emit(Mma + "{sum40,sum41,sum42,sum43}" + Operands + "{sum40,sum41,sum42,sum43};", a0, a1, a2, a3, b0, b1);
                break;
            case 11:
                CudaAsm.Emit(Mma + "{sum44,sum45,sum46,sum47}" + Operands + "{sum44,sum45,sum46,sum47};", a0, a1, a2, a3, b0, b1);
                break;
            case 12:
                CudaAsm.Emit(Mma + "{sum48,sum49,sum50,sum51}" + Operands + "{sum48,sum49,sum50,sum51};", a0, a1, a2, a3, b0, b1);
                break;
            case 13:
                CudaAsm.Emit(Mma + "{sum52,sum53,sum54,sum55}" + Operands + "{sum52,sum53,sum54,sum55};", a0, a1, a2, a3, b0, b1);
                break;
            case 14:
                CudaAsm.Emit(Mma + "{sum56,sum57,sum58,sum59}" + Operands + "{sum56,sum57,sum58,sum59};", a0, a1, a2, a3, b0, b1);
                break;
            default:
                CudaAsm.Emit(Mma + "{sum60,sum61,sum62,sum63}" + Operands + "{sum60,sum61,sum62,sum63};", a0, a1, a2, a3, b0, b1);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Sum(int tile, int register)
    {
        int sum;
        switch (4 * tile + register)
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
            case 7:
                CudaAsm.Emit("mov.b32 %0, sum7;", out sum);
                break;
            case 8:
                CudaAsm.Emit("mov.b32 %0, sum8;", out sum);
                break;
            case 9:
                CudaAsm.Emit("mov.b32 %0, sum9;", out sum);
                break;
            case 10:
                CudaAsm.Emit("mov.b32 %0, sum10;", out sum);
                break;
            case 11:
                CudaAsm.Emit("mov.b32 %0, sum11;", out sum);
                break;
            case 12:
                CudaAsm.Emit("mov.b32 %0, sum12;", out sum);
                break;
            case 13:
                CudaAsm.Emit("mov.b32 %0, sum13;", out sum);
                break;
            case 14:
                CudaAsm.Emit("mov.b32 %0, sum14;", out sum);
                break;
            case 15:
                CudaAsm.Emit("mov.b32 %0, sum15;", out sum);
                break;
            case 16:
                CudaAsm.Emit("mov.b32 %0, sum16;", out sum);
                break;
            case 17:
                CudaAsm.Emit("mov.b32 %0, sum17;", out sum);
                break;
            case 18:
                CudaAsm.Emit("mov.b32 %0, sum18;", out sum);
                break;
            case 19:
                CudaAsm.Emit("mov.b32 %0, sum19;", out sum);
                break;
            case 20:
                CudaAsm.Emit("mov.b32 %0, sum20;", out sum);
                break;
            case 21:
                CudaAsm.Emit("mov.b32 %0, sum21;", out sum);
                break;
            case 22:
                CudaAsm.Emit("mov.b32 %0, sum22;", out sum);
                break;
            case 23:
                CudaAsm.Emit("mov.b32 %0, sum23;", out sum);
                break;
            case 24:
                CudaAsm.Emit("mov.b32 %0, sum24;", out sum);
                break;
            case 25:
                CudaAsm.Emit("mov.b32 %0, sum25;", out sum);
                break;
            case 26:
                CudaAsm.Emit("mov.b32 %0, sum26;", out sum);
                break;
            case 27:
                CudaAsm.Emit("mov.b32 %0, sum27;", out sum);
                break;
            case 28:
                CudaAsm.Emit("mov.b32 %0, sum28;", out sum);
                break;
            case 29:
                CudaAsm.Emit("mov.b32 %0, sum29;", out sum);
                break;
            case 30:
                CudaAsm.Emit("mov.b32 %0, sum30;", out sum);
                break;
            case 31:
                CudaAsm.Emit("mov.b32 %0, sum31;", out sum);
                break;
            case 32:
                CudaAsm.Emit("mov.b32 %0, sum32;", out sum);
                break;
            case 33:
                CudaAsm.Emit("mov.b32 %0, sum33;", out sum);
                break;
            case 34:
                CudaAsm.Emit("mov.b32 %0, sum34;", out sum);
                break;
            case 35:
                CudaAsm.Emit("mov.b32 %0, sum35;", out sum);
                break;
            case 36:
                CudaAsm.Emit("mov.b32 %0, sum36;", out sum);
                break;
            case 37:
                CudaAsm.Emit("mov.b32 %0, sum37;", out sum);
                break;
            case 38:
                CudaAsm.Emit("mov.b32 %0, sum38;", out sum);
                break;
            case 39:
                CudaAsm.Emit("mov.b32 %0, sum39;", out sum);
                break;
            case 40:
                CudaAsm.Emit("mov.b32 %0, sum40;", out sum);
                break;
            case 41:
                CudaAsm.Emit("mov.b32 %0, sum41;", out sum);
                break;
            case 42:
                CudaAsm.Emit("mov.b32 %0, sum42;", out sum);
                break;
            case 43:
                CudaAsm.Emit("mov.b32 %0, sum43;", out sum);
                break;
            case 44:
                CudaAsm.Emit("mov.b32 %0, sum44;", out sum);
                break;
            case 45:
                CudaAsm.Emit("mov.b32 %0, sum45;", out sum);
                break;
            case 46:
                CudaAsm.Emit("mov.b32 %0, sum46;", out sum);
                break;
            case 47:
                CudaAsm.Emit("mov.b32 %0, sum47;", out sum);
                break;
            case 48:
                CudaAsm.Emit("mov.b32 %0, sum48;", out sum);
                break;
            case 49:
                CudaAsm.Emit("mov.b32 %0, sum49;", out sum);
                break;
            case 50:
                CudaAsm.Emit("mov.b32 %0, sum50;", out sum);
                break;
            case 51:
                CudaAsm.Emit("mov.b32 %0, sum51;", out sum);
                break;
            case 52:
                CudaAsm.Emit("mov.b32 %0, sum52;", out sum);
                break;
            case 53:
                CudaAsm.Emit("mov.b32 %0, sum53;", out sum);
                break;
            case 54:
                CudaAsm.Emit("mov.b32 %0, sum54;", out sum);
                break;
            case 55:
                CudaAsm.Emit("mov.b32 %0, sum55;", out sum);
                break;
            case 56:
                CudaAsm.Emit("mov.b32 %0, sum56;", out sum);
                break;
            case 57:
                CudaAsm.Emit("mov.b32 %0, sum57;", out sum);
                break;
            case 58:
                CudaAsm.Emit("mov.b32 %0, sum58;", out sum);
                break;
            case 59:
                CudaAsm.Emit("mov.b32 %0, sum59;", out sum);
                break;
            case 60:
                CudaAsm.Emit("mov.b32 %0, sum60;", out sum);
                break;
            case 61:
                CudaAsm.Emit("mov.b32 %0, sum61;", out sum);
                break;
            case 62:
                CudaAsm.Emit("mov.b32 %0, sum62;", out sum);
                break;
            default:
                CudaAsm.Emit("mov.b32 %0, sum63;", out sum);
                break;
        }
        return sum;
    }
}

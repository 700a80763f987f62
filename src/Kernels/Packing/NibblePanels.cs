// The packing of codes of two ternary digits for byte products (AVX-512, AVX2, NEON): 4 bits a weight, each code + 4 in 0 to 8.
//
//   A panel holds 16 or 48 outputs, as many as a kernel has registers for, and all inputs; panels follow one another. Within a
//   panel of w outputs, 4 w bytes hold 8 inputs, two steps of four:
//
//   byte 4 n + j, bits 0 to 3:  output n (0 to w - 1), input j (0 to 3)
//                 bits 4 to 7:                         input 4 + j
//
//   So masking leaves the codes of four inputs for each output, side by side, and shifting first those of the next four. Inputs
//   are padded to a multiple of 16. Missing outputs and inputs hold 0; activations past a row's end are zero.
using System.Runtime.CompilerServices;
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Packing;

internal static class NibblePanels
{
    /// <summary>What is added to a code: sums exceed those sought by this times the sum of the activations.</summary>
    public const int Offset = 4;

    /// <summary>Inputs of two steps, which share bytes.</summary>
    public const int PairInputs = 8;

    private const int InputMultiple = 16;

    public static int Panels(int outputs, int panelOutputs) => (outputs + panelOutputs - 1) / panelOutputs;

    /// <summary>Pairs of steps of a panel.</summary>
    public static int Pairs(int inputs) => (inputs + InputMultiple - 1) / InputMultiple * (InputMultiple / PairInputs);

    /// <summary>Bytes of a pair of steps.</summary>
    public static int PairBytes(int panelOutputs) => PairInputs / 2 * panelOutputs;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static AlignedBuffer<byte> Pack(TernaryMatrix matrix, int panelOutputs)
    {
        int pairBytes = PairBytes(panelOutputs), panelBytes = checked(Pairs(matrix.Columns) * pairBytes);
        var buffer = new AlignedBuffer<byte>(checked(Panels(matrix.Rows, panelOutputs) * panelBytes));
        Span<byte> packed = buffer.Span;
        var codes = new sbyte[matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.UnpackRow(row, codes);
            int start = row / panelOutputs * panelBytes + row % panelOutputs * 4;
            for (int k = 0; k < codes.Length; k++)
                packed[start + k / PairInputs * pairBytes + k % 4] |= (byte)((codes[k] + Offset) << (k % PairInputs / 4 * 4));
        }
        return buffer;
    }
}

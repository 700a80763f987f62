// The packing of ternary codes for byte products (AVX2, NEON): 2 bits a weight, each code + 1 in 0 to 2.
//
//   A panel holds 16 outputs and all inputs; panels follow one another. Within a panel, 64 bytes hold 16 inputs:
//
//   byte 4 n + j, bits 2 g and 2 g + 1:  output n (0 to 15), input 4 g + j (g, j = 0 to 3)
//
//   So shifting 64 bytes right by 2 g and masking leaves the codes of four inputs for each output, side by side, which is how
//   a byte product wants them. Missing outputs and inputs hold code 0; activations past a row's end are zero.
using System.Runtime.CompilerServices;
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Packing;

internal static class TwoBitPanels
{
    public const int PanelOutputs = 16;
    public const int BlockInputs = 16;
    public const int BlockBytes = PanelOutputs * BlockInputs / 4;

    public static int Panels(int outputs) => (outputs + PanelOutputs - 1) / PanelOutputs;

    /// <summary>Blocks of 16 inputs in a panel.</summary>
    public static int Blocks(int inputs) => (inputs + BlockInputs - 1) / BlockInputs;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static AlignedBuffer<byte> Pack(TernaryMatrix matrix)
    {
        int panelBytes = Blocks(matrix.Columns) * BlockBytes;
        var buffer = new AlignedBuffer<byte>(checked(Panels(matrix.Rows) * panelBytes));
        Span<byte> packed = buffer.Span;
        var codes = new sbyte[matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.UnpackRow(row, codes);
            int start = row / PanelOutputs * panelBytes + row % PanelOutputs * 4;
            for (int k = 0; k < codes.Length; k++)
            {
                (int block, int group, int j) = (k / BlockInputs, k % BlockInputs / 4, k % 4);
                packed[start + block * BlockBytes + j] |= (byte)((codes[k] + 1) << (2 * group));
            }
        }
        return buffer;
    }
}

// The packing of ternary codes for table look-ups (AVX-512): three codes make an index, three indices a 16-bit word, 9 weights
// in 16 bits.
//
//   index of codes (c0, c1, c2) = (c0 + 1) + 3 (c1 + 1) + 9 (c2 + 1), 0 to 26, in 5 bits
//   word q = index of inputs 9 q to 9 q + 2  |  index of inputs 9 q + 3 to 9 q + 5 << 5  |  index of 9 q + 6 to 9 q + 8 << 10
//
//   A panel holds 96 outputs, three vectors of 32 words, and all inputs: word q of output n of a panel is at 96 q + n.
//   Panels follow one another. Missing outputs and inputs hold code 0.
using System.Runtime.CompilerServices;
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Packing;

internal static class TripleIndexPanels
{
    public const int PanelOutputs = 96;
    public const int WordInputs = 9;
    public const int TriplesPerWord = 3;
    public const int IndexBits = 5;
    public const int Indices = 27;

    public static int Panels(int outputs) => (outputs + PanelOutputs - 1) / PanelOutputs;

    /// <summary>Words of an output: a panel has 96 times as many.</summary>
    public static int Words(int inputs) => (inputs + WordInputs - 1) / WordInputs;

    /// <summary>The codes that an index stands for.</summary>
    public static (int C0, int C1, int C2) Codes(int index) => (index % 3 - 1, index / 3 % 3 - 1, index / 9 - 1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static AlignedBuffer<ushort> Pack(TernaryMatrix matrix)
    {
        int words = Words(matrix.Columns);
        var buffer = new AlignedBuffer<ushort>(checked(Panels(matrix.Rows) * PanelOutputs * words));
        Span<ushort> packed = buffer.Span;
        var codes = new sbyte[words * WordInputs];
        packed.Fill(Word(codes));
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.UnpackRow(row, codes.AsSpan(0, matrix.Columns));
            int start = row / PanelOutputs * PanelOutputs * words + row % PanelOutputs;
            for (int q = 0; q < words; q++)
                packed[start + q * PanelOutputs] = Word(codes.AsSpan(q * WordInputs));
        }
        return buffer;
    }

    private static ushort Word(ReadOnlySpan<sbyte> codes)
    {
        int word = 0;
        for (int i = 0; i < TriplesPerWord; i++)
        {
            int index = codes[3 * i] + 1 + 3 * (codes[3 * i + 1] + 1) + 9 * (codes[3 * i + 2] + 1);
            word |= index << (IndexBits * i);
        }
        return (ushort)word;
    }
}

// The packing of ternary codes for table look-ups (AVX-512): three codes make an index, three indices a 16-bit word, 9 weights
// in 16 bits.
//
//   number of codes (c0, c1, c2) = (c0 + 1) + 3 (c1 + 1) + 9 (c2 + 1), 0 to 26;  index = that number with its 5 bits rotated left
//   word q = index of inputs 9 q to 9 q + 2  |  index of inputs 9 q + 3 to 9 q + 5 << 5  |  index of 9 q + 6 to 9 q + 8 << 10
//
//   The rotation puts numbers 0 to 15 at the even places of a table and 16 to 26 at odd ones, which is how tables are made.
//
//   Inputs are cut into blocks of at most 24 words, whose tables for 8 rows stay in the first-level cache (36 KB). A block holds
//   all outputs, in panels of 96 (the last has 32 or 64 where outputs end); panels and blocks follow one another. Word q of a
//   block, output n of a panel of w, is at w q + n. Missing outputs and inputs hold code 0.
using System.Runtime.CompilerServices;
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Packing;

internal static class TripleIndexPanels
{
    public const int PanelOutputs = 96;
    public const int VectorOutputs = 32;
    public const int WordInputs = 9;
    public const int TriplesPerWord = 3;
    public const int IndexBits = 5;
    public const int Indices = 32;
    public const int Numbers = 27;

    private const int LargestBlockWords = 24;

    /// <summary>Outputs rounded up to whole vectors.</summary>
    public static int PaddedOutputs(int outputs) => (outputs + VectorOutputs - 1) / VectorOutputs * VectorOutputs;

    public static int Panels(int outputs) => (outputs + PanelOutputs - 1) / PanelOutputs;

    /// <summary>Words of an output.</summary>
    public static int Words(int inputs) => (inputs + WordInputs - 1) / WordInputs;

    /// <summary>Words of a block, for blocks of nearly equal length; the last may be shorter.</summary>
    public static int BlockWords(int inputs)
    {
        int words = Words(inputs);
        int blocks = (words + LargestBlockWords - 1) / LargestBlockWords;
        return (words + blocks - 1) / blocks;
    }

    /// <summary>The index of a number, and the number of an index: a rotation of 5 bits to the left.</summary>
    public static int Index(int number) => ((number << 1) | (number >> (IndexBits - 1))) & (Indices - 1);

    /// <summary>The codes that a number stands for.</summary>
    public static (int C0, int C1, int C2) Codes(int number) => (number % 3 - 1, number / 3 % 3 - 1, number / 9 - 1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static AlignedBuffer<ushort> Pack(TernaryMatrix matrix)
    {
        int words = Words(matrix.Columns), blockWords = BlockWords(matrix.Columns), padded = PaddedOutputs(matrix.Rows);
        var buffer = new AlignedBuffer<ushort>(checked(padded * words));
        Span<ushort> packed = buffer.Span;
        var codes = new sbyte[words * WordInputs];
        packed.Fill(Word(codes));
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.UnpackRow(row, codes.AsSpan(0, matrix.Columns));
            int panel = row / PanelOutputs * PanelOutputs;
            int width = Math.Min(PanelOutputs, padded - panel);
            for (int first = 0; first < words; first += blockWords)
            {
                int count = Math.Min(blockWords, words - first);
                int start = first * padded + panel * count + row - panel;
                for (int q = 0; q < count; q++)
                    packed[start + q * width] = Word(codes.AsSpan((first + q) * WordInputs));
            }
        }
        return buffer;
    }

    private static ushort Word(ReadOnlySpan<sbyte> codes)
    {
        int word = 0;
        for (int i = 0; i < TriplesPerWord; i++)
        {
            int number = codes[3 * i] + 1 + 3 * (codes[3 * i + 1] + 1) + 9 * (codes[3 * i + 2] + 1);
            word |= Index(number) << (IndexBits * i);
        }
        return (ushort)word;
    }
}

// The packing of ternary codes for graphics processors: 2 bits a weight, each code + 1 in 0 to 2, or of two digits 4 bits, each
// code + 4 in 0 to 8, in the order in which the lanes of a warp hold the second operand of mma.m16n8k32 (PTX ISA, "Matrix fragments
// for mma.m16n8k32"), so that a warp reads 32 neighbouring words and each lane unpacks its own with a shift and a mask.
//
//   A tile holds 8 outputs and 64 inputs in 32 words of 32 bits, or 64. The tiles of 8 outputs follow one another, all inputs of the
//   first 8 outputs first. Within a tile, with g = 0 to 7 and t = 0 to 3:
//
//   word 4 g + t:   bit  31       24 23       16 15        8 7         0
//                       | i = 3     | i = 2     | i = 1     | i = 0     |      i: input within a group of four
//                       |j3 j2 j1 j0|j3 j2 j1 j0|j3 j2 j1 j0|j3 j2 j1 j0|      2 bits each
//
//   holds output g and inputs 16 j + 4 t + i. So (word >> 2 j) & 0x03030303 is four neighbouring inputs, one a byte, which meet
//   the four int8 activations of word 4 j + t of the token's block of 64.
//
//   Of two digits word 4 g + t holds j = 0 and 1, word 32 + 4 g + t holds j = 2 and 3, 4 bits each:
//
//                   bit  31       24 ...   7         0
//                       |j1    j0   |     |j1   j0   |
//
// The sum over code + 1 exceeds the sum over codes by the sum of the activations, that over code + 4 by four times it, which the
// epilogue takes away again. Missing outputs and inputs hold 0; activations past a row's end are zero.
namespace Microsoft.ML.Ternary.Kernels.Packing;

internal static class FragmentTiles
{
    public const int TileOutputs = 8;
    public const int TileInputs = 64;

    /// <summary>Words of a tile that the lanes of a warp read at once, one each.</summary>
    public const int LaneWords = 32;

    /// <summary>Words of four activations in a tile's inputs.</summary>
    public const int TileActivationWords = TileInputs / 4;

    /// <summary>The bits of four codes after the shift.</summary>
    public const int CodeMask = 0x03030303;

    /// <summary>Those of four codes of two digits.</summary>
    public const int TwoDigitMask = 0x0F0F0F0F;

    /// <summary>Words of a tile.</summary>
    public static int TileWords(int digits) => digits * LaneWords;

    public static int OutputTiles(int outputs) => (outputs + TileOutputs - 1) / TileOutputs;

    public static int InputTiles(int inputs) => (inputs + TileInputs - 1) / TileInputs;

    /// <summary>The position of a tile's first word.</summary>
    public static int TileStart(int outputTile, int inputTile, int inputTiles, int digits = 1) => (outputTile * inputTiles + inputTile) * TileWords(digits);

    /// <summary>The word within a tile, and the bit in it, of one weight.</summary>
    public static (int Word, int Bit) Position(int output, int input, int digits = 1)
    {
        (int j, int t, int i) = (input / 16, input % 16 / 4, input % 4);
        int word = 4 * output + t;
        return digits == 1 ? (word, 8 * i + 2 * j) : (j / 2 * LaneWords + word, 8 * i + 4 * (j % 2));
    }

    /// <summary>Packs a matrix, the outputs padded to a multiple of <paramref name="outputMultiple"/>.</summary>
    public static int[] Pack(TernaryMatrix matrix, int outputMultiple = TileOutputs)
    {
        int digits = matrix.Digits;
        int outputs = (matrix.Rows + outputMultiple - 1) / outputMultiple * outputMultiple;
        int inputTiles = InputTiles(matrix.Columns);
        int[] words = new int[checked(OutputTiles(outputs) * inputTiles * TileWords(digits))];
        sbyte[] codes = new sbyte[matrix.Columns];
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.UnpackRow(row, codes);
            for (int k = 0; k < codes.Length; k++)
            {
                (int word, int bit) = Position(row % TileOutputs, k % TileInputs, digits);
                words[TileStart(row / TileOutputs, k / TileInputs, inputTiles, digits) + word] |= (codes[k] + matrix.LargestCode) << bit;
            }
        }
        return words;
    }
}

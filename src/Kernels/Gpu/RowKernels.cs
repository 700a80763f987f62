// What an encoder does to one token at a time: embed, add, normalise, and round to int8 for the product that follows. One group
// a token. Rounding is part of the kernel that makes the values, so they are still in the cache; where the next layer is in full
// precision it is left out.
using System.Runtime.CompilerServices;
using ILGPU;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>The int8 form of rows of activations on a device.</summary>
internal readonly struct CodeRows(ArrayView<int> codes, ArrayView<float> scales, ArrayView<int> sums, int rowWords)
{
    /// <summary>Four codes a word, rows <see cref="RowWords"/> apart.</summary>
    public readonly ArrayView<int> Codes = codes;

    /// <summary>The scale of each row.</summary>
    public readonly ArrayView<float> Scales = scales;

    /// <summary>The sum of each row's codes.</summary>
    public readonly ArrayView<int> Sums = sums;

    /// <summary>Words of a row, a multiple of 16; 0 where no int8 form is wanted.</summary>
    public readonly int RowWords = rowWords;

    /// <summary>The words of a row of <paramref name="columns"/> values.</summary>
    public static int WordsOf(int columns) => FragmentTiles.InputTiles(columns) * FragmentTiles.TileActivationWords;
}

/// <summary>A layer norm on a device.</summary>
internal readonly struct NormParameters(ArrayView<float> gain, ArrayView<float> bias, float epsilon)
{
    public readonly ArrayView<float> Gain = gain;

    public readonly ArrayView<float> Bias = bias;

    public readonly float Epsilon = epsilon;
}

internal static class RowKernels
{
    public const int GroupSize = RowReduction.GroupSize;

    // As Int8Quantizer has it: below this a row counts as zero.
    private const float SmallestMagnitude = 1e-35f;
    private const int InfinityBits = 0x7F800000;
    private const int MagnitudeBits = 0x7FFFFFFF;

    /// <summary>The sum of a token's three embeddings, normalised and rounded.</summary>
    /// <param name="tokens">Rows of three: id, type, position.</param>
    /// <param name="tokenTable">Vocabulary x columns.</param>
    /// <param name="typeTable">Types x columns.</param>
    /// <param name="positionTable">Positions x columns.</param>
    /// <param name="norm">The layer norm.</param>
    /// <param name="values">Receives tokens x columns.</param>
    /// <param name="rounded">Receives the int8 form.</param>
    /// <param name="columns">The hidden size.</param>
    public static void Embed(
        ArrayView<int> tokens, ArrayView<float> tokenTable, ArrayView<float> typeTable, ArrayView<float> positionTable,
        NormParameters norm, ArrayView<float> values, CodeRows rounded, int columns)
    {
        int start = Grid.IdxX * columns;
        int token = tokens[3 * Grid.IdxX] * columns;
        int type = tokens[3 * Grid.IdxX + 1] * columns;
        int position = tokens[3 * Grid.IdxX + 2] * columns;
        for (int i = Group.IdxX; i < columns; i += GroupSize)
            values[start + i] = tokenTable[token + i] + typeTable[type + i] + positionTable[position + i];
        Normalize(values, start, columns, norm, rounded);
    }

    /// <summary>Adds what a layer made to the residual stream, and normalises and rounds the sum.</summary>
    /// <param name="added">Tokens x columns.</param>
    /// <param name="values">The residual stream, tokens x columns; replaced by the result.</param>
    /// <param name="norm">The layer norm.</param>
    /// <param name="rounded">Receives the int8 form.</param>
    /// <param name="columns">The hidden size.</param>
    public static void AddNormalize(ArrayView<float> added, ArrayView<float> values, NormParameters norm, CodeRows rounded, int columns)
    {
        int start = Grid.IdxX * columns;
        for (int i = Group.IdxX; i < columns; i += GroupSize)
            values[start + i] += added[start + i];
        Normalize(values, start, columns, norm, rounded);
    }

    /// <summary>Rounds rows: scale = max|x| / 127, halves to even (<see cref="Int8Quantizer"/>).</summary>
    public static void Quantize(ArrayView<float> values, CodeRows rounded, int columns) =>
        QuantizeRow(values, Grid.IdxX * columns, columns, rounded);

    // Until the rounding each thread reads only the values that it wrote itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Normalize(ArrayView<float> values, int start, int columns, NormParameters norm, CodeRows rounded)
    {
        ArrayView<float> scratch = SharedMemory.Allocate<float>(GroupSize);
        float sum = 0;
        for (int i = Group.IdxX; i < columns; i += GroupSize)
            sum += values[start + i];
        float mean = RowReduction.Sum(scratch, sum) / columns;
        float squares = 0;
        for (int i = Group.IdxX; i < columns; i += GroupSize)
        {
            float difference = values[start + i] - mean;
            squares += difference * difference;
        }
        float inverse = 1 / MathF.Sqrt(RowReduction.Sum(scratch, squares) / columns + norm.Epsilon);
        for (int i = Group.IdxX; i < columns; i += GroupSize)
            values[start + i] = (values[start + i] - mean) * inverse * norm.Gain[i] + norm.Bias[i];
        if (rounded.RowWords > 0)
        {
            Group.Barrier();
            QuantizeRow(values, start, columns, rounded);
        }
    }

    // Without their sign bits floats compare as integers, infinity above all numbers and NaN above infinity.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void QuantizeRow(ArrayView<float> values, int start, int columns, CodeRows rounded)
    {
        ArrayView<int> scratch = SharedMemory.Allocate<int>(GroupSize);
        int largest = 0;
        for (int i = Group.IdxX; i < columns; i += GroupSize)
        {
            int magnitude = (int)Interop.FloatAsInt(values[start + i]) & MagnitudeBits;
            largest = magnitude > largest ? magnitude : largest;
        }
        largest = RowReduction.Max(scratch, largest);
        float max = Interop.IntAsFloat((uint)largest);
        bool isFinite = largest < InfinityBits;
        float factor = isFinite && max >= SmallestMagnitude ? Int8Quantizer.LargestCode / max : 0;

        int sum = 0;
        for (int word = Group.IdxX; word < rounded.RowWords; word += GroupSize)
        {
            int column = 4 * word;
            int c0 = Code(values, start, column, columns, factor);
            int c1 = Code(values, start, column + 1, columns, factor);
            int c2 = Code(values, start, column + 2, columns, factor);
            int c3 = Code(values, start, column + 3, columns, factor);
            sum += c0 + c1 + c2 + c3;
            rounded.Codes[Grid.IdxX * rounded.RowWords + word] = c0 & 255 | (c1 & 255) << 8 | (c2 & 255) << 16 | c3 << 24;
        }
        sum = RowReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            // A scale of NaN shows in every output of the row that something in it was not finite.
            float scale = factor == 0 ? 0 : max / Int8Quantizer.LargestCode;
            rounded.Scales[Grid.IdxX] = isFinite ? scale : float.NaN;
            rounded.Sums[Grid.IdxX] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Code(ArrayView<float> values, int start, int column, int columns, float factor) =>
        factor != 0 && column < columns ? GpuFunctions.Round(values[start + column] * factor) : 0;
}

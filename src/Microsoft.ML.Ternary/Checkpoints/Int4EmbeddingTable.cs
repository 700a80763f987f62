// Token embeddings in four bits with a scale for every 32 values: an eighth of float32 and a little more, for those who want
// a small file. Published work finds ternary token embeddings too coarse; four bits in small groups are not.
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Embeddings in int4 in groups of 32 with one float16 scale each: value = (nibble - 8) x scale.</summary>
/// <remarks>A group is 16 bytes: the low nibbles hold its first 16 values, the high nibbles the other 16. The last group of a row is
/// filled up with zeros.</remarks>
public sealed class Int4EmbeddingTable : GroupedEmbeddingTable
{
    /// <summary>Bits of a code.</summary>
    internal const int Bits = 4;

    private const int HalfGroup = GroupSize / 2;
    private const int Zero = 8;

    /// <summary>Wraps codes and float16 scales without copying them.</summary>
    internal Int4EmbeddingTable(ReadOnlyMemory<byte> codes, ReadOnlyMemory<byte> scales, int rows, int columns)
        : base(codes, scales, rows, columns, Bits)
    {
    }

    /// <summary>Rounds a table, choosing for each group the scale of least squared error among a few.</summary>
    public static Int4EmbeddingTable From(EmbeddingTable source)
    {
        (byte[] codes, byte[] scales) = Round(source, Bits, Pack);
        return new Int4EmbeddingTable(codes, scales, source.Rows, source.Columns);
    }

    private protected override void AddGroup(ReadOnlySpan<byte> codes, float scale, Span<float> destination)
    {
        Vector128<byte> packed = Vector128.Create(codes);
        AddNibbles(packed & Vector128.Create((byte)0xF), scale, destination);
        AddNibbles(packed >> 4, scale, destination[HalfGroup..]);
    }

    private static void AddNibbles(Vector128<byte> nibbles, float scale, Span<float> destination)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(nibbles);
        AddFour(Vector128.WidenLower(low), Zero, scale, destination);
        AddFour(Vector128.WidenUpper(low), Zero, scale, destination[LaneCount..]);
        AddFour(Vector128.WidenLower(high), Zero, scale, destination[(2 * LaneCount)..]);
        AddFour(Vector128.WidenUpper(high), Zero, scale, destination[(3 * LaneCount)..]);
    }

    private static void Pack(ReadOnlySpan<int> codes, Span<byte> destination)
    {
        for (int i = 0; i < HalfGroup; i++)
            destination[i] = (byte)(codes[i] + Zero | codes[i + HalfGroup] + Zero << 4);
    }
}

// Token embeddings in three bits with a scale for every 32 values, 3.5 bits a value: the smallest form, coarse enough that it is
// best trained with the rest of the model.
using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Embeddings in three bits in groups of 32 with one float16 scale each: value = (code - 4) x scale.</summary>
/// <remarks>A group is 12 bytes, four numbers of 24 bits, little-endian. Number n holds the codes of the values n, 4 + n, 8 + n to
/// 28 + n, the first in its lowest bits: with a number a lane, one shift leaves four neighbours side by side. The last group of a row
/// is filled up with zeros.</remarks>
public sealed class Int3EmbeddingTable : GroupedEmbeddingTable
{
    /// <summary>Bits of a code.</summary>
    internal const int Bits = 3;

    private const int NumberBits = GroupSize / LaneCount * Bits;
    private const int Zero = 4;

    /// <summary>Wraps codes and float16 scales without copying them.</summary>
    internal Int3EmbeddingTable(ReadOnlyMemory<byte> codes, ReadOnlyMemory<byte> scales, int rows, int columns)
        : base(codes, scales, rows, columns, Bits)
    {
    }

    /// <summary>Rounds a table, choosing for each group the scale of least squared error among a few.</summary>
    public static Int3EmbeddingTable From(EmbeddingTable source)
    {
        (byte[] codes, byte[] scales) = Round(source, Bits, Pack);
        return new Int3EmbeddingTable(codes, scales, source.Rows, source.Columns);
    }

    private protected override void AddGroup(ReadOnlySpan<byte> codes, float scale, Span<float> destination)
    {
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(codes);
        uint last = BinaryPrimitives.ReadUInt32LittleEndian(codes[sizeof(ulong)..]);
        // A lane's upper byte may hold what belongs to the next number; no shift below brings it into the lowest bits.
        Vector128<uint> numbers = Vector128.Create(
            (uint)first, (uint)(first >> NumberBits), (uint)(first >> (2 * NumberBits)) | last << (64 - 2 * NumberBits), last >> (3 * NumberBits - 64));
        Vector128<uint> lowest = Vector128.Create((1u << Bits) - 1);
        for (int i = 0; i < GroupSize; i += LaneCount, numbers >>= Bits)
            AddFour(numbers & lowest, Zero, scale, destination[i..]);
    }

    private static void Pack(ReadOnlySpan<int> codes, Span<byte> destination)
    {
        for (int n = 0; n < LaneCount; n++)
        {
            int number = 0;
            for (int i = n; i < GroupSize; i += LaneCount)
                number |= codes[i] + Zero << (i / LaneCount * Bits);
            Span<byte> bytes = destination[(n * NumberBits / 8)..];
            for (int b = 0; b < NumberBits / 8; b++)
                bytes[b] = (byte)(number >> (8 * b));
        }
    }
}

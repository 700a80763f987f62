// Token embeddings in four bits with a scale for every 32 values: an eighth of float32 and a little more, for those who want
// the smallest file. Published work finds ternary token embeddings too coarse; four bits in small groups are not.
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Embeddings in int4 in groups of 32 with one float16 scale each: value = (nibble - 8) x scale.</summary>
/// <remarks>A group is 16 bytes: the low nibbles hold its first 16 values, the high nibbles the other 16. The last group of a row is
/// filled up with zeros.</remarks>
public sealed class Int4EmbeddingTable : EmbeddingTable
{
    /// <summary>Values that share a scale.</summary>
    public const int GroupSize = GroupRounding.GroupSize;

    private const int GroupBytes = GroupSize / 2;
    private const int Zero = 8;
    private static readonly GroupRounding Rounding = new(bits: 4);

    private readonly ReadOnlyMemory<byte> _codes;
    private readonly ReadOnlyMemory<byte> _scales;

    /// <summary>Wraps codes and float16 scales without copying them.</summary>
    internal Int4EmbeddingTable(ReadOnlyMemory<byte> codes, ReadOnlyMemory<byte> scales, int rows, int columns)
        : base(rows, columns)
    {
        _codes = codes;
        _scales = scales;
    }

    /// <summary>The codes as they are stored.</summary>
    internal ReadOnlyMemory<byte> Codes => _codes;

    /// <summary>The scales as they are stored, in float16.</summary>
    internal ReadOnlyMemory<byte> ScaleBytes => _scales;

    /// <summary>Groups in a row of so many values.</summary>
    internal static int Groups(int columns) => GroupRounding.Groups(columns);

    /// <summary>Bytes of the codes of a row.</summary>
    internal static int RowBytes(int columns) => Groups(columns) * GroupBytes;

    /// <summary>Rounds a table, choosing for each group the scale of least squared error among a few.</summary>
    public static Int4EmbeddingTable From(EmbeddingTable source)
    {
        ArgumentNullException.ThrowIfNull(source);
        int groups = Groups(source.Columns);
        byte[] codes = new byte[checked(source.Rows * groups * GroupBytes)];
        Half[] scales = new Half[source.Rows * groups];
        float[] row = new float[groups * GroupSize];
        for (int i = 0; i < source.Rows; i++)
        {
            source.CopyRow(i, row.AsSpan(0, source.Columns));
            for (int g = 0; g < groups; g++)
            {
                ReadOnlySpan<float> values = row.AsSpan(g * GroupSize, GroupSize);
                Half scale = Rounding.BestScale(values);
                scales[i * groups + g] = scale;
                Pack(values, (float)scale, codes.AsSpan((i * groups + g) * GroupBytes, GroupBytes));
            }
        }
        byte[] scaleBytes = BitConverter.IsLittleEndian
            ? MemoryMarshal.AsBytes<Half>(scales).ToArray()
            : LittleEndian.ToHalfBytes(Array.ConvertAll(scales, s => (float)s));
        return new Int4EmbeddingTable(codes, scaleBytes, source.Rows, source.Columns);
    }

    /// <inheritdoc/>
    public override void CopyRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        destination[..Columns].Clear();
        AddRow(row, destination);
    }

    /// <inheritdoc/>
    public override void AddRow(int row, Span<float> destination)
    {
        RequireRow(row, destination);
        int groups = Groups(Columns);
        ReadOnlySpan<byte> codes = _codes.Span.Slice(row * groups * GroupBytes, groups * GroupBytes);
        ReadOnlySpan<byte> scales = _scales.Span.Slice(2 * row * groups, 2 * groups);
        Span<float> group = stackalloc float[GroupSize];
        for (int g = 0; g < groups; g++)
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(scales[(2 * g)..]);
            Span<float> target = destination[(g * GroupSize)..Columns];
            if (target.Length >= GroupSize)
            {
                AddGroup(codes.Slice(g * GroupBytes, GroupBytes), scale, target);
                continue;
            }
            group.Clear();
            AddGroup(codes.Slice(g * GroupBytes, GroupBytes), scale, group);
            for (int j = 0; j < target.Length; j++)
                target[j] += group[j];
        }
        GC.KeepAlive(this);
    }

    private static void AddGroup(ReadOnlySpan<byte> codes, float scale, Span<float> destination)
    {
        Vector128<byte> packed = Vector128.Create(codes);
        AddScaled(packed & Vector128.Create((byte)0xF), scale, destination);
        AddScaled(packed >> 4, scale, destination[GroupBytes..]);
    }

    private static void AddScaled(Vector128<byte> nibbles, float scale, Span<float> destination)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(nibbles);
        AddFour(Vector128.WidenLower(low), scale, destination);
        AddFour(Vector128.WidenUpper(low), scale, destination[4..]);
        AddFour(Vector128.WidenLower(high), scale, destination[8..]);
        AddFour(Vector128.WidenUpper(high), scale, destination[12..]);
    }

    private static void AddFour(Vector128<uint> nibbles, float scale, Span<float> destination)
    {
        Vector128<float> codes = Vector128.ConvertToSingle(nibbles.AsInt32() - Vector128.Create(Zero));
        (Vector128.Create<float>(destination) + codes * scale).CopyTo(destination);
    }

    private static void Pack(ReadOnlySpan<float> values, float scale, Span<byte> destination)
    {
        for (int i = 0; i < GroupBytes; i++)
            destination[i] = (byte)(Nibble(values[i], scale) | Nibble(values[i + GroupBytes], scale) << 4);
    }

    private static int Nibble(float value, float scale) => Rounding.Code(value, scale) + Zero;
}
